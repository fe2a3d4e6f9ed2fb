//! Reads a CSV or Parquet file into a [`Table`].
//!
//! A column is numeric when every value that is present reads as a number. Codes with a leading zero
//! (`00123`) stay text, so that they are not confused with `123`.

use super::data::{Categories, Column, MISSING, Table};
use super::error::{EstimateError, Result};
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// How a column turned out so far.
enum Builder {
    Number(Vec<f64>),
    Text { categories: Categories, seen: HashMap<Vec<u8>, u32> },
}

/// Reads a file, Parquet if its first bytes say so, else CSV.
pub fn read_table(path: &Path) -> Result<Table> {
    let mut magic = [0_u8; 4];
    let known = std::fs::File::open(path).and_then(|mut f| f.read(&mut magic));
    let read = known.map_err(|e| EstimateError::new(format!("`{}`: {e}", path.display())))?;
    match magic.get(..read) {
        Some(b"PAR1") => super::parquet::read_parquet(path),
        Some([0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd]) => {
            Err(EstimateError::new(format!("`{}` is compressed", path.display()))
                .help("unpack it, or write Parquet"))
        }
        Some([0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => {
            Err(EstimateError::new(format!("`{}` is UTF-16", path.display())).help("save it as UTF-8"))
        }
        _ => read_csv(path),
    }
}

/// Reads the whole file. Texts such as `NA`, `null` and the empty one are missing values.
pub fn read_csv(path: &Path) -> Result<Table> {
    let bytes = std::fs::read(path).map_err(|e| EstimateError::new(format!("`{}`: {e}", path.display())))?;
    parse_csv(&bytes).map_err(|e| EstimateError::new(format!("`{}`: {e}", path.display())))
}

/// Reads a file already in memory.
pub fn parse_csv(bytes: &[u8]) -> Result<Table> {
    let names = header(bytes)?;
    // First pass: which columns are text. Second pass: read them as such. Most files need one pass.
    let mut text = vec![false; names.len()];
    loop {
        let (builders, turned) = pass(bytes, &text)?;
        if turned.iter().any(|t| *t) {
            text.iter_mut().zip(&turned).for_each(|(t, new)| *t |= new);
            continue;
        }
        let mut table = Table::new();
        for (name, builder) in names.iter().zip(builders) {
            let column = match builder {
                Builder::Number(values) => Column::Number(values),
                Builder::Text { categories, .. } => Column::Text(categories),
            };
            table.insert(name, column)?;
        }
        return Ok(table);
    }
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(true).from_reader(bytes)
}

fn wrong(error: &csv::Error) -> EstimateError {
    EstimateError::new(format!("not a readable CSV: {error}"))
}

fn header(bytes: &[u8]) -> Result<Vec<String>> {
    let mut reader = reader(bytes);
    let header = reader.byte_headers().map_err(|e| wrong(&e))?;
    let names: Vec<String> = header
        .iter()
        .map(|h| String::from_utf8_lossy(h).trim().trim_start_matches('\u{feff}').to_owned())
        .collect();
    for (i, name) in names.iter().enumerate() {
        if names.iter().take(i).any(|n| n == name) {
            return Err(EstimateError::new(format!("two columns are called `{name}`")).help("rename one"));
        }
    }
    Ok(names)
}

fn pass(bytes: &[u8], text: &[bool]) -> Result<(Vec<Builder>, Vec<bool>)> {
    let mut builders: Vec<Builder> = text
        .iter()
        .map(|is_text| match is_text {
            true => Builder::Text { categories: Categories::default(), seen: HashMap::new() },
            false => Builder::Number(Vec::new()),
        })
        .collect();
    let mut turned = vec![false; text.len()];
    let mut record = csv::ByteRecord::new();
    let mut reader = reader(bytes);
    while reader.read_byte_record(&mut record).map_err(|e| wrong(&e))? {
        for ((field, builder), turned) in record.iter().zip(&mut builders).zip(&mut turned) {
            match builder {
                Builder::Number(_) if *turned => {}
                Builder::Number(values) => match number(field.trim_ascii()) {
                    Some(value) => values.push(value),
                    None => *turned = true,
                },
                Builder::Text { categories, seen } => push_text(categories, seen, field.trim_ascii()),
            }
        }
    }
    Ok((builders, turned))
}

fn is_missing(field: &[u8]) -> bool {
    matches!(field, b"" | b"NA" | b"na" | b"N/A" | b"NaN" | b"nan" | b"null" | b"NULL")
}

/// The number, NaN when missing, nothing when it is a text.
fn number(field: &[u8]) -> Option<f64> {
    if is_missing(field) {
        return Some(f64::NAN);
    }
    if let [b'0', b'0'..=b'9', ..] = field {
        return None;
    }
    let value: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

fn push_text(categories: &mut Categories, seen: &mut HashMap<Vec<u8>, u32>, field: &[u8]) {
    if is_missing(field) {
        categories.codes.push(MISSING);
        return;
    }
    if let Some(code) = seen.get(field) {
        categories.codes.push(*code);
        return;
    }
    let code = u32::try_from(categories.levels.len()).unwrap_or(MISSING);
    seen.insert(field.to_vec(), code);
    categories.levels.push(String::from_utf8_lossy(field).into_owned());
    categories.codes.push(code);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_missing_values_are_told_apart() {
        let table = parse_csv(b"sku,units,code\nA,1.5,001\nB,,2\n,NA,3\n").unwrap();
        assert_eq!(table.rows(), 3);
        let units = table.numbers("units").unwrap();
        assert!((units[0] - 1.5).abs() < 1e-12 && units[1].is_nan() && units[2].is_nan());
        let Some(Column::Text(sku)) = table.find("sku") else { panic!("text") };
        assert_eq!(sku.codes, vec![0, 1, MISSING]);
        assert!(matches!(table.find("code"), Some(Column::Text(_))));
        assert!(table.column("unit").unwrap_err().to_string().contains("did you mean `units`"));
    }
}
