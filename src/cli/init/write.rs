//! The texts of a first rulebook, each choice with its reason.

use super::Args;
use super::Unread;
use super::choose::{Chosen, Fact};
use super::look::{Column, Seen};
use crate::cli::output::counted;
use crate::facts::Kind;
use crate::money::Amount;
use std::fmt::Write as _;
use std::path::Path;

/// Paths and texts of all files.
pub fn files(
    args: &Args,
    catalog: &Path,
    seen: &Seen,
    chosen: &Chosen,
    at: i64,
) -> Vec<(&'static str, String)> {
    vec![
        ("rulebook.toml", rulebook(args, catalog, seen, chosen)),
        ("schema.toml", schema(seen, chosen)),
        ("rules/prices.toml", rules(seen, chosen)),
        ("tests/prices.toml", tests(args, seen, chosen, at)),
    ]
}

fn rulebook(args: &Args, catalog: &Path, seen: &Seen, chosen: &Chosen) -> String {
    let file = catalog.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = args.dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mapped: Vec<String> = chosen
        .facts
        .iter()
        .filter_map(|fact| {
            let header = &seen.columns.get(fact.at)?.header;
            (*header != fact.name).then(|| format!("{} = {}", key(&fact.name), quoted(header)))
        })
        .collect();
    let mut out = format!(
        "# Written by `pricer init` from {}: every price stays as it is, until a rule says otherwise.\n\
         edition     = \"2026\"\n\
         name        = {}\n\
         layers      = [\"base\"]                # add layers behind it: the later layer sets the price\n\
         price_basis = \"gross\"                 # current prices include VAT\n\n\
         [market.{}]\n\
         currency = \"{}\"\n\
         timezone = {}                       # dates and times of rules are local\n\
         vat      = {{ standard = {} }}          # the share of VAT in the current prices; check it before margins matter\n\n\
         [channel.{}]                          # costs of selling: costs = {{ payment = \"1.4%\", pick = \"1.20 {}\" }}\n\n\
         [feed.items]\n",
        quoted(&file),
        quoted(&folder),
        key(&args.market),
        chosen.currency,
        quoted(&args.timezone),
        quoted(&args.vat),
        key(&args.channel),
        chosen.currency,
    );
    if !mapped.is_empty() {
        let _ = writeln!(out, "# attribute = \"Column\", where the two are not the same");
        let _ = writeln!(out, "columns  = {{ {} }}", mapped.join(", "));
    }
    let _ =
        writeln!(out, "currency = \"{}\"                     # of amounts that name none", chosen.currency);
    out
}

fn schema(seen: &Seen, chosen: &Chosen) -> String {
    let mut out = String::from(
        "# The only names that rules may use. Each with what `pricer init` saw in the catalog.\n[attr]\n",
    );
    let width = chosen.facts.iter().map(|fact| key(&fact.name).len()).max().unwrap_or(0);
    for fact in &chosen.facts {
        // The place of a row is no fact to declare.
        let Some(column) = seen.columns.get(fact.at).filter(|_| !matches!(&*fact.name, "market" | "channel"))
        else {
            continue;
        };
        let mut says = format!("type = \"{}\"", word(fact.kind));
        if fact.name == "cost" {
            says.push_str(", basis = \"net\"");
        }
        if 0 < column.empty && fact.name != "sku" {
            says.push_str(", optional = true");
        }
        let _ = writeln!(
            out,
            "{:width$} = {:<42} # {}",
            key(&fact.name),
            format!("{{ {says} }}"),
            saw(fact, column)
        );
    }
    for (header, why) in &chosen.left {
        let _ = writeln!(out, "# not read: {}, {why}", quoted(header));
    }
    out
}

fn saw(fact: &Fact, column: &Column) -> String {
    let gaps = match column.empty {
        0 => String::new(),
        empty => format!(", empty in {empty} rows"),
    };
    let what = match fact.kind {
        Kind::Id => "different in every row; text, so 0017 stays 0017".to_owned(),
        Kind::Money | Kind::Number => {
            let (low, high) = column.range.unwrap_or((0, 0));
            format!("{} to {}", Amount::from_micros(low), Amount::from_micros(high))
        }
        Kind::Set => "values separated by |".to_owned(),
        Kind::Tree => "a path: \"a/b/**\" is a whole branch".to_owned(),
        _ => {
            let some: Vec<String> = column.distinct.iter().take(2).map(|text| quoted(text)).collect();
            format!("{}, such as {}", counted(column.distinct.len(), "value"), some.join(", "))
        }
    };
    let from = if column.header == fact.name {
        String::new()
    } else {
        format!("column {}: ", quoted(&column.header))
    };
    format!("{from}{what}{gaps}")
}

fn rules(seen: &Seen, chosen: &Chosen) -> String {
    let mut out = String::from(
        "# Every item keeps its price. Give a branch its own rule in a later layer, and the rest still keeps theirs:\n\
         #   1. rulebook.toml: layers = [\"base\", \"plan\"]\n",
    );
    let category = chosen.facts.iter().find(|fact| fact.name == "category");
    let value = category.and_then(|fact| seen.columns.get(fact.at)?.distinct.first());
    let (attr, cell) = match value {
        Some(value) => ("category", quoted(value)),
        None => ("sku", "\"…\"".to_owned()),
    };
    let _ = write!(
        out,
        "#   2. here:\n#      [rule.first]\n#      layer = \"plan\"\n#      where = {{ {attr} = {cell} }}\n\
         #      price = {{ cost-plus = {{ margin = \"22%\" }} }}\n\
         #   3. pricer check, pricer test, pricer reprice: only that branch moves\n\n\
         [rule.as-it-is]\n\
         layer = \"base\"\n\
         why   = \"Nothing changes until somebody decides it\"\n\
         price = {{ keep = {{}} }}\n"
    );
    let price = chosen.facts.iter().find(|fact| fact.name == "current_price");
    if let Some((low, high)) = price.and_then(|fact| seen.columns.get(fact.at)?.range)
        && 0 < low
    {
        let unit = chosen.currency.micros_per_minor();
        let floor = (low / 10 / unit * unit).max(unit);
        let ceiling = high.saturating_mul(10) / unit * unit;
        let _ = write!(
            out,
            "\n[guard.sane]                            # what lies beyond is pulled to the nearer end\n\
             class    = \"safety\"\n\
             why      = \"From a tenth of the lowest to ten times the highest price of the day it was written\"\n\
             absolute = {{ {} = \"{} .. {}\" }}\n",
            chosen.currency,
            Amount::from_micros(floor),
            Amount::from_micros(ceiling),
        );
    }
    out
}

fn tests(args: &Args, seen: &Seen, chosen: &Chosen, at: i64) -> String {
    let cell = |fact: &Fact| seen.sample.get(fact.at).map_or("", String::as_str);
    let place = |fact: &&Fact| !matches!(&*fact.name, "market" | "channel");
    let facts: Vec<String> = chosen
        .facts
        .iter()
        .filter(place)
        .filter(|fact| !cell(fact).trim().is_empty())
        .map(|fact| format!("{} = {}", key(&fact.name), quoted(cell(fact))))
        .collect();
    let written = chosen.facts.iter().find(|fact| fact.name == "current_price").map_or("", cell).trim();
    let price =
        if written.contains(' ') { written.to_owned() } else { format!("{written} {}", chosen.currency) };
    let day = jiff::Timestamp::from_second(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC).date();
    format!(
        "# A real row of the catalog: today it keeps its price. Change what you expect when a rule should move it.\n\
         [test.a-price-is-kept]\n\
         at      = {day}T10:00:00\n\
         market  = {}\n\
         channel = {}\n\
         item    = {{ {} }}\n\
         expect  = {{ price = {}, won = \"as-it-is\" }}\n",
        quoted(&args.market),
        quoted(&args.channel),
        facts.join(", "),
        quoted(&price),
    )
}

/// What was seen and what comes next.
pub fn summary(args: &Args, catalog: &Path, seen: &Seen, chosen: &Chosen, unread: &Unread) -> String {
    let (dir, file) = (args.dir.display(), catalog.display());
    let mut out = format!("Read {file}: {} rows, {} columns\n", seen.rows, seen.columns.len());
    let width = chosen.facts.iter().map(|fact| fact.name.chars().count()).max().unwrap_or(0);
    for fact in &chosen.facts {
        let header = seen.columns.get(fact.at).map_or("", |column| &column.header);
        let mark = if fact.built_in { "known to pricing" } else { "" };
        let line = format!("  {:width$}  {:8}  {:28}  {mark}", fact.name, word(fact.kind), quoted(header));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for (header, why) in &chosen.left {
        let _ = writeln!(out, "  not read: {}, {why}", quoted(header));
    }
    if let Some(first) = &unread.first {
        let _ = writeln!(out, "{} cannot be read like that: {first}", counted(unread.rows, "row"));
        let _ = writeln!(out, "  `pricer reprice` says which and why");
    }
    let _ = write!(
        out,
        "Written to {dir}: every item keeps its price\n\nNext:\n  pricer check {dir}\n  pricer test {dir}\n  \
         pricer reprice --rulebook {dir} --items {file} --out prices.csv\n"
    );
    out
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "id",
        Kind::Tree => "tree",
        Kind::Set => "set",
        Kind::Money => "money",
        Kind::Number => "number",
        Kind::Percent => "percent",
        Kind::Duration => "duration",
        Kind::Text | Kind::Instant => "text",
    }
}

/// A bare key where TOML allows one.
fn key(name: &str) -> String {
    let bare = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A TOML text.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for next in text.chars() {
        match next {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            plain => out.push(plain),
        }
    }
    out.push('"');
    out
}
