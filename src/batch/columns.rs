//! Which columns of a feed are read, and as what.

use super::BatchError;
use super::cells::show;
use crate::facts::{Kind, Schema};
use crate::pricing::Release;
use std::path::Path;

/// The columns of one file that are read, in the order of the file. All others are ignored, whatever they hold.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    used: Vec<Column>,
    /// The headers of the others.
    others: Vec<String>,
    /// How many columns the file has.
    pub count: usize,
}

/// A column that is not read, and the name it nearly has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    pub header: String,
    pub meant: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Column {
    /// Its place in the file.
    pub at: usize,
    pub header: String,
    /// What the rulebook calls it.
    pub name: String,
    pub kind: Kind,
}

impl Columns {
    /// Chooses the columns that `meaning` knows, by name and kind.
    ///
    /// # Errors
    /// Two columns that mean the same.
    pub fn choose<'h>(
        path: &Path,
        headers: impl IntoIterator<Item = &'h str>,
        meaning: impl Fn(&str) -> Option<(String, Kind)>,
    ) -> Result<Self, BatchError> {
        let mut columns = Self::default();
        for (at, header) in headers.into_iter().enumerate() {
            columns.count = at + 1;
            let Some((name, kind)) = meaning(header) else {
                columns.others.push(header.to_owned());
                continue;
            };
            if let Some(other) = columns.used.iter().find(|other| other.name == name) {
                let why = format!(
                    "the columns `{}` ({}) and `{header}` ({}) both give `{name}`",
                    other.header,
                    other.at + 1,
                    at + 1
                );
                return Err(BatchError::columns(path, why));
            }
            columns.used.push(Column { at, header: header.to_owned(), name, kind });
        }
        Ok(columns)
    }

    /// The columns that are not read; `known` are names that a column can have, of which those without a column may
    /// be meant.
    #[must_use]
    pub fn ignored(&self, known: &[String]) -> Vec<Ignored> {
        let free = known
            .iter()
            .map(String::as_str)
            .filter(|name| !self.used.iter().any(|used| used.header == **name));
        let meant = |header: &str| crate::rulebook::nearest(header, free.clone()).map(str::to_owned);
        self.others.iter().map(|header| Ignored { header: header.clone(), meant: meant(header) }).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.used.iter()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.used.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used.is_empty()
    }

    /// The place of an attribute among the columns that are read.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.used.iter().position(|column| column.name == name)
    }

    /// # Errors
    /// The columns of `names` that the file does not have.
    pub fn need(&self, path: &Path, names: &[&str]) -> Result<(), BatchError> {
        let missing: Vec<String> =
            names.iter().filter(|name| self.find(name).is_none()).map(|name| (*name).to_owned()).collect();
        if missing.is_empty() { Ok(()) } else { Err(self.missing(path, &missing, |_| None, "")) }
    }

    /// The error for required columns that nothing gives. `mapped` is the header that stands for a name in this feed.
    pub(super) fn missing<'m>(
        &self,
        path: &Path,
        names: &[String],
        mapped: impl Fn(&str) -> Option<&'m str>,
        cure: &str,
    ) -> BatchError {
        let told = names.iter().map(|name| {
            let sought = mapped(name);
            let looked = sought.map(|header| format!(" (looked for `{header}`)")).unwrap_or_default();
            let near = self.near(sought.unwrap_or(name));
            let near = near.map(|header| format!(": did you mean the column `{}`?", show(header)));
            format!("`{name}`{looked}{}", near.unwrap_or_default())
        });
        let list = told.collect::<Vec<_>>().join(", ");
        let comment = self.used.iter().map(|column| &column.header).chain(&self.others);
        let hint = match comment.clone().any(|header| header.starts_with('#')) {
            true => "; the first line has to name the columns: take the comment above them away",
            false if self.count == 1 => "; columns are separated by commas",
            false => "",
        };
        BatchError::columns(path, format!("no column gives {list}{cure}{hint}"))
    }

    /// The header that nobody reads and that is `name` but for case and blanks, or nearly.
    fn near(&self, name: &str) -> Option<&str> {
        let plain = |text: &str| text.trim().to_lowercase();
        let same = self.others.iter().find(|header| plain(header) == plain(name));
        let headers = || self.others.iter().map(String::as_str);
        same.map(String::as_str).or_else(|| crate::rulebook::nearest(name, headers()))
    }
}

/// What a header of the items feed means to a rulebook: the attribute's name and kind, an instant for the durations
/// that feeds give as instants, a text for the currency beside a money column. `None` for a column that is not
/// read.
#[must_use]
pub fn item_meaning(release: &Release, header: &str) -> Option<(String, Kind)> {
    let name = release.items_feed.name_of(header)?;
    let kind = item_kind(&release.schema, &name)?;
    Some((name, kind))
}

/// The headers that an items feed can have, as the rulebook's files call them.
pub(super) fn item_headers(release: &Release) -> Vec<String> {
    let plain = release.schema.iter().filter(|(_, attr)| attr.derive.is_none() && !attr.customer);
    let instants = ["inbound_at", "shelf_life_until", "on_sale_since"].into_iter();
    let instants = instants.filter(|name| item_kind(&release.schema, name).is_some());
    let names = plain.map(|(_, attr)| &*attr.name).chain(instants);
    names.map(|name| release.items_feed.columns.get(name).map_or(name, AsRef::as_ref).to_owned()).collect()
}

fn item_kind(schema: &Schema, name: &str) -> Option<Kind> {
    let plain = |name: &str| {
        let attr = schema.attr(schema.find(name)?);
        (attr.derive.is_none() && !attr.customer).then_some(attr.kind)
    };
    let instant = |name: &str| (plain(name)? == Kind::Duration).then_some(Kind::Instant);
    if schema.find(name).is_some() {
        return plain(name);
    }
    match name {
        "inbound_at" => instant("inbound"),
        "shelf_life_until" => instant("shelf_life"),
        "on_sale_since" => instant("on_sale_for"),
        _ => {
            let money = plain(name.strip_suffix("_currency")?)?;
            (money == Kind::Money).then_some(Kind::Text)
        }
    }
}
