//! Entries of a rules section: rules, guards, seasons, stock rules, rounding rules, with their overlays
//! and table rows unfolded (semantics 4.3).

use super::cell::{Cell, Kind, Value};
use super::doc;
use super::schema::Schema;
use super::scope::{Condition, Scope};
use super::text;
use std::collections::BTreeMap;
use toml::Table;

/// One entry after unfolding: an overlay and a table row are entries of their own.
#[derive(Clone, Debug)]
pub struct Entry<Body> {
    /// `phones`, `phones.for.kz` or `plan#8`
    pub id: String,
    /// the rule as written: `phones`, `plan`
    pub parent: String,
    pub overlay: bool,
    pub row: Option<u32>,
    pub scope: Scope,
    pub over: Vec<String>,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    pub body: Body,
}

/// A date or date-time of the rulebook; without offset it is in the market's zone, a bare date is its midnight.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    Local(jiff::civil::DateTime),
    Instant(jiff::Timestamp),
}

impl Moment {
    fn parse(value: &toml::Value) -> Result<Moment, String> {
        let words = match value {
            toml::Value::Datetime(moment) => moment.to_string(),
            toml::Value::String(words) => words.clone(),
            other => return Err(format!("`{other}` is no date")),
        };
        if let Ok(date) = words.parse::<jiff::civil::Date>()
            && !words.contains(['T', ' '])
        {
            return Ok(Moment::Local(date.at(0, 0, 0, 0)));
        }
        if let Ok(instant) = words.parse::<jiff::Timestamp>() {
            return Ok(Moment::Instant(instant));
        }
        words.parse().map(Moment::Local).map_err(|e| format!("`{words}`: {e}"))
    }

    fn instant(self, zone: &jiff::tz::TimeZone) -> jiff::Timestamp {
        match self {
            Moment::Instant(instant) => instant,
            Moment::Local(local) => zone.to_ambiguous_timestamp(local).compatible().expect("a date in range"),
        }
    }
}

/// Where and when a price is asked for.
pub struct Setting<'a> {
    pub values: &'a BTreeMap<String, Value>,
    pub currency: &'a str,
    pub zone: &'a jiff::tz::TimeZone,
    pub at: jiff::Timestamp,
}

impl<Body> Entry<Body> {
    /// The scope holds and the dates are open (half-open; decisions 4.7).
    pub fn holds(&self, setting: &Setting) -> bool {
        let begun = self.from.is_none_or(|from| from.instant(setting.zone) <= setting.at);
        let over = self.until.is_some_and(|until| until.instant(setting.zone) <= setting.at);
        begun && !over && self.scope.holds(setting.values, setting.currency)
    }
}

/// Everything that unfolding needs to know.
pub struct Source<'a> {
    pub schema: &'a Schema,
    pub files: &'a BTreeMap<String, String>,
}

impl Source<'_> {
    pub fn file(&self, path: &str) -> Result<&str, String> {
        self.files.get(path).map(String::as_str).ok_or(format!("no file `{path}`"))
    }

    pub fn cell(&self, attribute: &str, text: &str) -> Result<Condition, String> {
        let kind = self.kind(attribute)?;
        // `@file` reads the column named like the attribute (semantics 4.4).
        let list = |path: &str| -> Result<Vec<String>, String> {
            let csv = text::csv(self.file(path)?);
            let column = csv.column(attribute).ok_or(format!("`{path}` has no column `{attribute}`"))?;
            Ok(csv
                .rows
                .iter()
                .filter_map(|(_, row)| row.get(column).filter(|c| !c.is_empty()).cloned())
                .collect())
        };
        let cell = Cell::parse(kind, text, &list).map_err(|e| format!("`{attribute}`: {e}"))?;
        Ok(Condition { attribute: attribute.into(), kind, cell })
    }

    fn kind(&self, attribute: &str) -> Result<Kind, String> {
        let found = self.schema.get(attribute).ok_or(format!("no attribute `{attribute}`"))?;
        Ok(found.kind)
    }

    /// A `where` table: keys are AND-ed, an array is all-of, `any` a union of boxes (decisions 4.8).
    pub fn scope(&self, table: &Table) -> Result<Scope, String> {
        let mut scope = Scope::default();
        for (key, value) in table {
            match value {
                toml::Value::String(text) => scope.conditions.push(self.cell(key, text)?),
                toml::Value::Array(union) if key == "any" => {
                    let inner = union.iter().map(|v| v.as_table().ok_or("`any` holds tables".to_string()));
                    scope.any.push(inner.map(|t| self.scope(t?)).collect::<Result<_, _>>()?);
                }
                toml::Value::Array(all) => {
                    for part in all {
                        let text = part.as_str().ok_or(format!("`{key}` must hold texts"))?;
                        scope.conditions.push(self.cell(key, text)?);
                    }
                }
                other => return Err(format!("`{key}`: `{other}` is no cell")),
            }
        }
        Ok(scope)
    }

    /// The condition columns of a CSV row; `-` does not matter, `set …` and words for people are no conditions.
    pub fn row_scope(&self, header: &[String], row: &[String]) -> Result<Scope, String> {
        let mut scope = Scope::default();
        for (name, cell) in header.iter().zip(row) {
            let for_people = ["why", "owner", "note"].contains(&name.as_str());
            if !for_people && !name.starts_with("set ") && cell.trim() != "-" {
                scope.conditions.push(self.cell(name, cell)?);
            }
        }
        Ok(scope)
    }

    /// Unfolds a section. `parse` reads the body of one entry from its merged table.
    pub fn entries<Body>(
        &self,
        document: &Table,
        section: &str,
        parse: &dyn Fn(&Table) -> Result<Body, String>,
    ) -> Result<Vec<Entry<Body>>, String> {
        let mut entries = Vec::new();
        for (name, table) in doc::tables(document, section)? {
            let whole = self.unfold(name, table, parse).map_err(|e| format!("{section}.{name}: {e}"))?;
            entries.extend(whole);
        }
        Ok(entries)
    }

    fn unfold<Body>(
        &self,
        name: &str,
        table: &Table,
        parse: &dyn Fn(&Table) -> Result<Body, String>,
    ) -> Result<Vec<Entry<Body>>, String> {
        let mut plain = table.clone();
        plain.remove("for");
        plain.remove("where");
        let scope = doc::table(table, "where")?.map(|t| self.scope(t)).transpose()?.unwrap_or_default();
        let mut entries = Vec::new();
        let overlays = doc::tables(table, "for")?;
        if let Some(path) = doc::text(table, "table")? {
            if !overlays.is_empty() {
                return Err("an overlay on a rule with a table is not supported".into());
            }
            let csv = text::csv(self.file(path)?);
            for (number, row) in &csv.rows {
                let mut merged = plain.clone();
                for (header, cell) in csv.header.iter().zip(row) {
                    if let Some(path) = header.strip_prefix("set ")
                        && !cell.is_empty()
                    {
                        doc::merge(&mut merged, &nested(path, cell));
                    }
                }
                let row_scope = scope.and(&self.row_scope(&csv.header, row)?);
                let id = format!("{name}#{number}");
                entries.push(entry(id, name, false, Some(*number), row_scope, &merged, parse)?);
            }
            return Ok(entries);
        }
        for (label, overlay) in overlays {
            let mut merged = plain.clone();
            let mut own = overlay.clone();
            own.remove("where");
            doc::merge(&mut merged, &own);
            let own_scope =
                doc::table(overlay, "where")?.map(|t| self.scope(t)).transpose()?.unwrap_or_default();
            let id = format!("{name}.for.{label}");
            entries.push(entry(id, name, true, None, scope.and(&own_scope), &merged, parse)?);
        }
        entries.push(entry(name.into(), name, false, None, scope, &plain, parse)?);
        Ok(entries)
    }
}

/// `price.cost-plus.margin` and `22%` as nested tables.
fn nested(path: &str, cell: &str) -> Table {
    let mut parts = path.split('.').rev();
    let mut table = Table::new();
    table.insert(parts.next().unwrap_or_default().trim().into(), toml::Value::String(cell.into()));
    for part in parts {
        let mut outer = Table::new();
        outer.insert(part.trim().into(), toml::Value::Table(table));
        table = outer;
    }
    table
}

fn entry<Body>(
    id: String,
    parent: &str,
    overlay: bool,
    row: Option<u32>,
    scope: Scope,
    table: &Table,
    parse: &dyn Fn(&Table) -> Result<Body, String>,
) -> Result<Entry<Body>, String> {
    Ok(Entry {
        id,
        parent: parent.into(),
        overlay,
        row,
        scope,
        over: doc::texts(table, "over")?,
        from: table.get("from").map(Moment::parse).transpose()?,
        until: table.get("until").map(Moment::parse).transpose()?,
        body: parse(table)?,
    })
}
