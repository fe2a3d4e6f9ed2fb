//! What the rules of a rulebook mention: numbers, words, dates, and what each entry asks for.

use super::boundaries::Dice;
use jiff::civil::{Date, Time};
use pricer::rulebook::Files;
use std::collections::{BTreeMap, BTreeSet};

/// What the rules mention.
#[derive(Debug, Default)]
pub struct Mentioned {
    /// By the key they stand at: each number with its unit.
    pub numbers: BTreeMap<String, BTreeSet<(String, String)>>,
    /// By the key they stand at: words and branches.
    pub words: BTreeMap<String, BTreeSet<String>>,
    pub dates: BTreeSet<Date>,
    pub times: BTreeSet<Time>,
    /// Each `where` with the `when` beside it: what an entry asks for.
    pub scopes: Vec<BTreeMap<String, Vec<String>>>,
    /// The column named like an attribute, of each table.
    pub lists: BTreeMap<String, Vec<String>>,
}

impl Mentioned {
    pub fn in_files(files: &Files) -> Self {
        let mut all = Self::default();
        for (path, text) in files.0.iter().filter(|(path, _)| !path.starts_with("tests/")) {
            if path.ends_with(".csv") {
                all.table(path, text);
            } else if let Ok(table) = text.parse::<toml::Table>() {
                all.value("", &toml::Value::Table(table));
            }
        }
        all
    }

    fn table(&mut self, path: &str, text: &str) {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        for row in reader.records() {
            let mut scope = BTreeMap::new();
            for (header, cell) in headers.iter().zip(row.unwrap().iter()) {
                self.text(header, cell);
                if !header.starts_with("set ") && header != "why" && cell != "-" {
                    scope.insert(header.to_owned(), vec![cell.to_owned()]);
                    self.lists.entry(format!("@{path}")).or_default().push(cell.to_owned());
                }
            }
            self.scopes.push(scope);
        }
    }

    fn scope(&mut self, entry: &toml::Table) {
        let mut scope: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in ["where", "when"] {
            for (key, value) in entry.get(part).and_then(toml::Value::as_table).into_iter().flatten() {
                let cells = match value {
                    toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_str).collect(),
                    value => value.as_str().into_iter().collect::<Vec<_>>(),
                };
                scope.insert(key.clone(), cells.into_iter().map(str::to_owned).collect());
            }
        }
        for key in ["from", "until"] {
            if let Some(at) = entry.get(key).and_then(toml::Value::as_datetime) {
                scope.insert(key.to_owned(), vec![at.to_string()]);
            }
        }
        if !scope.is_empty() {
            self.scopes.push(scope);
        }
    }

    fn value(&mut self, key: &str, value: &toml::Value) {
        match value {
            toml::Value::Table(table) => {
                self.scope(table);
                for (name, value) in table {
                    // `range` of an attribute bounds the attribute.
                    let key = if name == "range" { key } else { name };
                    self.value(key, value);
                }
            }
            toml::Value::Array(list) => list.iter().for_each(|value| self.value(key, value)),
            toml::Value::String(text) => self.text(key, text),
            toml::Value::Datetime(at) => self.text(key, &at.to_string()),
            _ => {}
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        if let Ok(date) = text.get(..10).unwrap_or(text).parse::<Date>() {
            self.dates.insert(date);
            return;
        }
        for part in text.split('|').flat_map(|part| part.split("..")) {
            let part = part.trim().trim_start_matches(['<', '>', '=', '!', '+', ' ']);
            if let Ok(time) = part.parse::<Time>() {
                self.times.insert(time);
            }
            let digits =
                part.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(part.len());
            let (number, unit) = part.split_at(digits);
            match number.parse::<f64>() {
                Ok(_) => drop(
                    self.numbers
                        .entry(key.to_owned())
                        .or_default()
                        .insert((number.to_owned(), unit.trim().to_owned())),
                ),
                Err(_) => drop(self.words.entry(key.to_owned()).or_default().insert(part.to_owned())),
            }
        }
    }

    /// One of the numbers at `key`: a little less, itself, a little more, and its unit.
    pub fn sides(&self, key: &str, dice: &mut Dice) -> Option<([String; 3], String)> {
        let all: Vec<&(String, String)> = self.numbers.get(key)?.iter().collect();
        let (number, unit) = *dice.pick(&all);
        let (factor, unit) = match unit.as_str() {
            "w" => (604_800.0, "s"),
            "d" => (86_400.0, "s"),
            "h" => (3_600.0, "s"),
            "m" => (60.0, "s"),
            unit => (1.0, unit),
        };
        let (step, digits) = if unit == "s" { (1.0, 0) } else { (0.01, 2) };
        let value = number.parse::<f64>().ok()? * factor;
        Some(([value - step, value, value + step].map(|value| format!("{value:.digits$}")), unit.to_owned()))
    }
}
