//! What each column means: which is the id, the cost, the price; under which name and type the others go.

use super::Args;
use super::look::{Column, Seen};
use crate::facts::{Kind, builtin};
use crate::money::Currency;

/// Every column in the order of the file.
#[derive(Debug)]
pub struct Chosen {
    pub facts: Vec<Fact>,
    pub currency: Currency,
    /// Headers that are not read, and why.
    pub left: Vec<(String, &'static str)>,
}

#[derive(Debug)]
pub struct Fact {
    pub name: String,
    pub kind: Kind,
    /// The place of its column.
    pub at: usize,
    pub built_in: bool,
}

/// Words by which people know the facts that pricing needs; the earlier, the surer. `-` is what it must not say.
const WORDS: &[(&str, &[&str], &[&str])] = &[
    (
        "sku",
        &[
            "sku",
            "item number",
            "item no",
            "article",
            "product id",
            "product code",
            "stock code",
            "item code",
            "item id",
            "id",
        ],
        &[],
    ),
    (
        "current_price",
        &["current price", "selling price", "shelf price", "retail", "price"],
        &["case", "recommended"],
    ),
    ("cost", &["purchase price", "unit cost", "cost"], &["case", "previous", "supplier"]),
    (
        "name",
        &["product name", "item description", "item name", "title", "name", "description"],
        &["category", "vendor"],
    ),
    ("category", &["category name", "category", "department"], &[]),
];

pub fn choose(seen: &Seen, args: &Args) -> Result<Chosen, String> {
    let mut names: Vec<Option<String>> = vec![None; seen.columns.len()];
    for (fact, header) in &args.column {
        let at = seen.columns.iter().position(|column| column.header == *header).ok_or_else(|| {
            let all: Vec<&str> = seen.columns.iter().map(|column| &*column.header).collect();
            format!("there is no column `{header}`; the catalog has {}", all.join(", "))
        })?;
        set(&mut names, at, fact);
    }
    // A header that is a fact's own name means it.
    for (at, column) in seen.columns.iter().enumerate() {
        let own = slug(&column.header);
        let known = builtin::ALL.iter().find(|(name, _)| *name == own || *name == column.header);
        if let Some((name, kind)) = known
            && column.can_be(*kind)
            && !taken(&names, name)
        {
            set(&mut names, at, name);
        }
    }
    for (fact, words, never) in WORDS {
        if !taken(&names, fact)
            && let Some(at) = find(seen, &names, fact, words, never)
        {
            set(&mut names, at, fact);
        }
    }
    let currency = own_currency(seen, args);
    let mut problems = needed(seen, &names);
    problems.extend(one_market(seen, &names, args).err());
    problems.extend(currency.as_ref().err().cloned());
    let currency = match currency {
        Ok(currency) if problems.is_empty() => currency,
        // Each is one `error: ` of the output.
        _ => return Err(problems.join("\nerror: ")),
    };
    let mut chosen = Chosen { facts: Vec::new(), currency, left: Vec::new() };
    for (at, column) in seen.columns.iter().enumerate() {
        let named = names.get(at).cloned().flatten();
        if named.is_none() && column.filled == 0 {
            chosen.left.push((column.header.clone(), "empty in every row"));
            continue;
        }
        let name = named.unwrap_or_else(|| free_name(&column.header, &names, &chosen));
        let known = builtin::ALL.iter().find(|(known, _)| *known == name);
        let kind = known.map_or_else(|| column.kind(), |(_, kind)| *kind);
        chosen.facts.push(Fact { name, kind, at, built_in: known.is_some() });
    }
    Ok(chosen)
}

fn set(names: &mut [Option<String>], at: usize, name: &str) {
    if let Some(slot) = names.get_mut(at) {
        *slot = Some(name.to_owned());
    }
}

fn taken(names: &[Option<String>], name: &str) -> bool {
    names.iter().flatten().any(|known| known == name)
}

/// The first column that says the surest word and can be read as the fact.
fn find(seen: &Seen, names: &[Option<String>], fact: &str, words: &[&str], never: &[&str]) -> Option<usize> {
    let fits = |column: &Column| match fact {
        "sku" => column.unique && column.empty == 0,
        "cost" | "current_price" => column.can_be(Kind::Money) && 0 < column.filled && !column.coded,
        _ => 0 < column.filled && !column.numbers,
    };
    words.iter().find_map(|word| {
        let mut columns = seen.columns.iter().zip(names).enumerate();
        let says = |header: &str| {
            let plain = slug(&apart(header)).replace('_', " ");
            let whole = format!(" {plain} ");
            whole.contains(&format!(" {word} ")) && !never.iter().any(|not| plain.contains(not))
        };
        columns
            .find(|(_, (column, named))| named.is_none() && says(&column.header) && fits(column))
            .map(|(at, _)| at)
    })
}

/// Without an id and a current price nothing can be kept as it is.
fn needed(seen: &Seen, names: &[Option<String>]) -> Vec<String> {
    let all: Vec<String> = seen.columns.iter().map(|column| format!("`{}`", column.header)).collect();
    [("sku", "the item's id: filled and different in every row"), ("current_price", "the current price")]
        .into_iter()
        .filter(|(fact, _)| !taken(names, fact))
        .map(|(fact, what)| {
            format!(
                "no column is clearly {what}; say which it is with --column \"{fact}=COLUMN\" (there are {})",
                all.join(", ")
            )
        })
        .collect()
}

/// A catalog of several markets needs a rulebook that somebody thinks about.
fn one_market(seen: &Seen, names: &[Option<String>], args: &Args) -> Result<(), String> {
    for (fact, wanted) in [("market", &args.market), ("channel", &args.channel)] {
        let at = names.iter().position(|name| name.as_deref() == Some(fact));
        let Some(column) = at.and_then(|at| seen.columns.get(at)) else { continue };
        if column.distinct.iter().any(|value| value != wanted) {
            let all: Vec<&str> = column.distinct.iter().take(8).map(String::as_str).collect();
            return Err(format!(
                "the column `{}` names {}, and the rulebook to write has the {fact} `{wanted}`: give --{fact}, and start \
                 with the rows of one {fact}",
                column.header,
                all.join(", ")
            ));
        }
    }
    Ok(())
}

fn own_currency(seen: &Seen, args: &Args) -> Result<Currency, String> {
    let written = seen.columns.iter().filter(|column| column.monies).find_map(|column| column.currency);
    args.currency.or(written).ok_or_else(|| {
        "the catalog's amounts name no currency, and it is never guessed: give --currency, such as --currency EUR".to_owned()
    })
}

/// A name for a column, unlike all others.
fn free_name(header: &str, names: &[Option<String>], chosen: &Chosen) -> String {
    let plain = slug(header);
    let used = |name: &str| {
        let known =
            builtin::ALL.iter().any(|(known, _)| *known == name) || matches!(name, "any" | "why" | "");
        known || taken(names, name) || chosen.facts.iter().any(|fact| fact.name == name)
    };
    let mut name = plain.clone();
    for n in 2..=1_000 {
        if !used(&name) {
            break;
        }
        name = format!("{}_{n}", if plain.is_empty() { "column" } else { &plain });
    }
    name
}

/// `UnitPrice` → `Unit Price`: words that only capitals part.
fn apart(header: &str) -> String {
    let mut out = String::new();
    let mut before = None;
    for next in header.chars() {
        if next.is_uppercase() && before.is_some_and(char::is_lowercase) {
            out.push(' ');
        }
        out.push(next);
        before = Some(next);
    }
    out
}

/// `Bottle Volume (ml)` → `bottle_volume_ml`.
fn slug(header: &str) -> String {
    let mut out = String::new();
    for next in header.chars() {
        if next.is_ascii_alphanumeric() {
            out.push(next.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = out.trim_end_matches('_');
    if out.starts_with(|first: char| first.is_ascii_digit()) { format!("c_{out}") } else { out.to_owned() }
}
