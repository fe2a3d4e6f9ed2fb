//! What stands in the columns of a catalog, every row looked at.

use crate::facts::{Kind, parse_duration, parse_money, parse_percent};
use crate::money::{Currency, parse_fixed};
use std::collections::BTreeSet;
use std::path::Path;

/// More different texts than this are not counted.
const DISTINCT_MAX: usize = 200_000;

/// A catalog's columns and its first complete row.
#[derive(Debug, Default)]
pub struct Seen {
    pub rows: u64,
    pub columns: Vec<Column>,
    /// The row with the fewest empty cells, the first of them.
    pub sample: Vec<String>,
}

/// One column, and what all its filled cells are.
#[derive(Debug)]
pub struct Column {
    pub header: String,
    pub filled: u64,
    pub empty: u64,
    pub distinct: BTreeSet<String>,
    /// No text stands there twice (as far as they were counted).
    pub unique: bool,
    pub numbers: bool,
    pub percents: bool,
    pub durations: bool,
    /// Amounts with a currency.
    pub monies: bool,
    pub currency: Option<Currency>,
    /// Written like a code: `0017`, `88004022723`.
    pub coded: bool,
    pub bars: u64,
    pub paths: u64,
    /// A `/` that is no path: at an end, doubled, between blanks.
    pub odd_slash: bool,
    /// The smallest and largest number, in 10⁻⁶.
    pub range: Option<(i64, i64)>,
}

/// Reads the file once.
pub fn look(path: &Path) -> Result<Seen, String> {
    let shown = path.display();
    if is_parquet(path) {
        return Err(format!(
            "`{shown}` is Parquet, and init reads CSV: convert it first, such as with\n  \
             duckdb -c \"COPY (FROM '{shown}') TO 'catalog.csv' (HEADER)\"\n\
             (`pricer reprice` reads Parquet later on)"
        ));
    }
    let mut reader = csv::ReaderBuilder::new()
        .from_path(path)
        .map_err(|error| format!("`{shown}` cannot be read: {error}"))?;
    let headers = reader.headers().map_err(|error| format!("`{shown}` cannot be read: {error}"))?.clone();
    let mut seen = Seen { columns: headers.iter().map(Column::new).collect(), ..Seen::default() };
    if let [only] = seen.columns.as_slice()
        && only.header.contains([';', '\t'])
    {
        return Err(format!("`{shown}` is not separated by commas; save it as CSV with commas, UTF-8"));
    }
    let mut best = usize::MAX;
    for row in reader.records() {
        // A row that is no row is quarantined when prices are made; it says nothing here.
        let Ok(row) = row else { continue };
        seen.rows += 1;
        let mut gaps = 0;
        for (column, cell) in seen.columns.iter_mut().zip(&row) {
            gaps += usize::from(cell.trim().is_empty());
            column.add(cell);
        }
        if gaps < best {
            best = gaps;
            seen.sample = row.iter().map(str::to_owned).collect();
        }
    }
    if seen.rows == 0 {
        return Err(format!("`{shown}` has no rows below its header"));
    }
    Ok(seen)
}

/// By the four bytes that every Parquet file begins with.
fn is_parquet(path: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(path).is_ok_and(|mut file| std::io::Read::read_exact(&mut file, &mut magic).is_ok())
        && magic == *b"PAR1"
}

impl Column {
    fn new(header: &str) -> Self {
        Self {
            header: header.to_owned(),
            filled: 0,
            empty: 0,
            distinct: BTreeSet::new(),
            unique: true,
            numbers: true,
            percents: true,
            durations: true,
            monies: true,
            currency: None,
            coded: false,
            bars: 0,
            paths: 0,
            odd_slash: false,
            range: None,
        }
    }

    fn add(&mut self, cell: &str) {
        if cell.trim().is_empty() {
            self.empty += 1;
            return;
        }
        self.filled += 1;
        if self.distinct.len() < DISTINCT_MAX {
            self.unique &= self.distinct.insert(cell.to_owned());
        }
        let whole = cell.bytes().all(|byte| byte.is_ascii_digit());
        self.coded |= whole && (1 < cell.len() && cell.starts_with('0') || 7 < cell.len());
        self.numbers &= parse_fixed(cell, 9).is_ok();
        self.percents &= parse_percent(cell).is_ok();
        self.durations &= parse_duration(cell).is_ok_and(|seconds| 0 <= seconds);
        match parse_money(cell) {
            Ok(money) if self.currency.is_none_or(|known| known == money.currency) => {
                self.currency = Some(money.currency);
                self.include(money.amount.micros());
            }
            _ => self.monies = false,
        }
        if let Ok(micros) = parse_fixed(cell, 6) {
            self.include(micros);
        }
        self.bars += u64::from(cell.contains('|'));
        self.paths += u64::from(cell.contains('/'));
        self.odd_slash |= cell.split('/').any(|part| part.is_empty() || part.trim() != part);
    }

    fn include(&mut self, micros: i64) {
        let (low, high) = self.range.unwrap_or((micros, micros));
        self.range = Some((low.min(micros), high.max(micros)));
    }

    /// Whether every filled cell can be read as this kind.
    pub fn can_be(&self, kind: Kind) -> bool {
        match kind {
            Kind::Money => self.monies || self.numbers,
            Kind::Number => self.numbers,
            Kind::Percent => self.percents,
            Kind::Duration => self.durations,
            _ => true,
        }
    }

    /// What it is by its cells alone.
    pub fn kind(&self) -> Kind {
        let words = self.header.to_lowercase();
        let code =
            ["number", "code", "upc", "ean", "gtin", "scc", "zip"].iter().any(|word| words.contains(word));
        let money = ["price", "cost", "retail", "rrp", "msrp"].iter().any(|word| words.contains(word));
        if self.filled == 0 {
            Kind::Text
        } else if self.monies || money && self.numbers && !self.coded {
            Kind::Money
        } else if self.percents {
            Kind::Percent
        } else if self.durations {
            Kind::Duration
        } else if self.numbers && !self.coded && !code {
            Kind::Number
        } else if 0 < self.bars && self.parts() <= 64 {
            Kind::Set
        } else if self.filled <= self.paths * 2 && !self.odd_slash && !self.unique {
            Kind::Tree
        } else if self.unique && self.empty == 0 && !self.distinct.iter().any(|text| text.contains(' ')) {
            Kind::Id
        } else {
            Kind::Text
        }
    }

    fn parts(&self) -> usize {
        self.distinct.iter().flat_map(|text| text.split('|')).collect::<BTreeSet<_>>().len()
    }
}
