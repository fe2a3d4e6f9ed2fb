//! Scopes of one place: cells become sets of symbols, clauses and spans.

use super::spans::{common, outside, union};
use crate::facts::{Attr, AttrId, Kind, Schema, builtin};
use crate::money::Currency;
use crate::pricing::{Bits, Clause, Cond, Scope, Test};
use crate::rulebook::Diagnostic;
use crate::rulebook::book::{AttrCell, Pick, ScopeSpec};
use crate::rulebook::syntax::Findings;
use std::collections::BTreeSet;

/// Where a scope is compiled for.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    pub schema: &'a Schema,
    pub market: &'a str,
    pub channel: &'a str,
    pub currency: Currency,
}

/// More boxes than this come from `any` inside `any`, not from people.
const BOXES_MAX: usize = 1_024;

/// A scope as the place sees it, and as it compares with others.
#[derive(Clone, Debug)]
pub struct Placed {
    /// With its cells on market and channel: a rule for one market is narrower than one for all.
    pub whole: Scope,
    /// Without them: they hold here.
    pub here: Scope,
}

impl Placed {
    /// What `whole` has and `here` has not, box by box.
    pub fn place_cells(&self) -> Box<[Box<[Cond]>]> {
        let cells = |conds: &[Cond]| conds.iter().filter(|cond| is_place(cond.attr)).cloned().collect();
        self.whole.boxes.iter().map(|conds| cells(conds)).collect()
    }
}

/// Compiles a scope; `None` where it holds for nothing in this place.
pub fn place_scope(spec: &ScopeSpec, here: Here<'_>, out: &mut Findings) -> Option<Placed> {
    let mut boxes: Vec<Vec<Cond>> = vec![Vec::new()];
    let plain = std::slice::from_ref(&spec.cells);
    for union in std::iter::once(plain).chain(spec.unions.iter().map(Vec::as_slice)) {
        let mut next = Vec::new();
        for cells in union {
            let Some(conds) = conjunction(cells, here, out) else {
                continue;
            };
            next.extend(boxes.iter().filter_map(|known| both(known, &conds, here.schema)));
        }
        boxes = next;
        if BOXES_MAX < boxes.len() {
            let span = spec
                .cells
                .first()
                .or_else(|| spec.unions.first()?.first()?.first())
                .map(|cell| cell.span.clone());
            if let Some(span) = span {
                let title = format!("the scope has more than {BOXES_MAX} alternatives");
                out.push(Diagnostic::error("E0221", title, span, "write several rules"));
            }
            return None;
        }
    }
    if boxes.is_empty() {
        return None;
    }
    let scope =
        |boxes: Vec<Vec<Cond>>| Scope { boxes: boxes.into_iter().map(Vec::into_boxed_slice).collect() };
    let stripped =
        boxes.iter().map(|conds| conds.iter().filter(|cond| !is_place(cond.attr)).cloned().collect());
    Some(Placed { here: scope(stripped.collect()), whole: scope(boxes) })
}

/// Whether a cell on the market alone holds in `market`.
pub fn market_holds(cell: &AttrCell, here: Here<'_>, out: &mut Findings) -> bool {
    conjunction(std::slice::from_ref(cell), here, out).is_some()
}

fn is_place(attr: AttrId) -> bool {
    attr == builtin::MARKET || attr == builtin::CHANNEL
}

/// One box; `None` where it holds for nothing here. Market and channel are decided first, so that a cell that is not for
/// this place need not name its currency.
fn conjunction(cells: &[AttrCell], here: Here<'_>, out: &mut Findings) -> Option<Vec<Cond>> {
    let mut conds: Vec<Cond> = Vec::new();
    for cell in cells.iter().filter(|cell| is_place(cell.attr)) {
        let name = if cell.attr == builtin::MARKET { here.market } else { here.channel };
        let symbols = &here.schema.attr(cell.attr).symbols;
        let cond = condition(cell, here, out)?;
        let holds = matches!(&cond.test, Test::Symbols(bits) if bits.contains(symbols.lookup(name)));
        if !holds {
            return None;
        }
        // A cell that names every market says nothing.
        let all =
            matches!(&cond.test, Test::Symbols(bits) if bits.iter().count() + 1 == symbols.len() as usize);
        if !all {
            conds = both(&conds, &[cond], here.schema)?;
        }
    }
    for cell in cells.iter().filter(|cell| !is_place(cell.attr)) {
        if let Some(cond) = condition(cell, here, out) {
            conds = both(&conds, &[cond], here.schema)?;
        }
    }
    Some(conds)
}

/// The conditions of both boxes, one for each attribute; `None` if one of them is empty.
fn both(a: &[Cond], b: &[Cond], schema: &Schema) -> Option<Vec<Cond>> {
    let mut conds = a.to_vec();
    for cond in b {
        match conds.iter_mut().find(|known| known.attr == cond.attr) {
            Some(known) => *known = intersect(known, cond, schema.attr(cond.attr)),
            None => conds.push(cond.clone()),
        }
    }
    conds.iter().all(|cond| !is_empty(cond)).then_some(conds)
}

fn intersect(a: &Cond, b: &Cond, attr: &Attr) -> Cond {
    let test = match (&a.test, &b.test) {
        (Test::Symbols(a), Test::Symbols(b)) => {
            Test::Symbols(Bits::new(attr.symbols.len(), a.iter().filter(|symbol| b.contains(*symbol))))
        }
        (Test::Tags(a), Test::Tags(b)) => {
            let mut clauses = a.to_vec();
            clauses.extend(b.iter().filter(|clause| !a.contains(clause)));
            Test::Tags(clauses.into())
        }
        (Test::Spans(a), Test::Spans(b)) => Test::Spans(common(a, b).into()),
        // One attribute has one kind of test.
        (test, _) => test.clone(),
    };
    Cond {
        attr: a.attr,
        test,
        or_missing: a.or_missing && b.or_missing,
        text: if a.text == b.text { a.text.clone() } else { format!("{}, {}", a.text, b.text).into() },
    }
}

fn is_empty(cond: &Cond) -> bool {
    let nothing = match &cond.test {
        Test::Symbols(bits) => bits.iter().next().is_none(),
        Test::Spans(spans) => spans.is_empty(),
        Test::Tags(clauses) => {
            let single = |clause: &&Clause| clause.with.count_ones() + clause.without.count_ones() == 1;
            let (has, lacks) = clauses
                .iter()
                .filter(single)
                .fold((0, 0), |(has, lacks), clause| (has | clause.with, lacks | clause.without));
            has & lacks != 0 || clauses.iter().any(|clause| clause.with == 0 && clause.without == 0)
        }
    };
    nothing && !cond.or_missing
}

/// One cell; `None` if it asks for nothing, or if it has no meaning here (a finding).
fn condition(cell: &AttrCell, here: Here<'_>, out: &mut Findings) -> Option<Cond> {
    let attr = here.schema.attr(cell.attr);
    let or_missing = cell.picks.iter().any(|pick| matches!(pick, Pick::Missing));
    let test = match attr.kind {
        Kind::Set => match clauses(cell, attr) {
            none if none.is_empty() => return None,
            clauses => Test::Tags(clauses.into()),
        },
        Kind::Id | Kind::Text | Kind::Tree => Test::Symbols(symbols(cell, attr)),
        _ => Test::Spans(spans(cell, attr, here, out)?.into()),
    };
    Some(Cond { attr: cell.attr, test, or_missing, text: cell.text.clone() })
}

/// "has one of, or lacks one of", as clauses that all hold; none at all for what every set meets.
fn clauses(cell: &AttrCell, attr: &Attr) -> Vec<Clause> {
    let bit = |text: &str| match attr.symbols.lookup(text).checked_sub(1) {
        Some(bit) if bit < 64 => 1_u64 << bit,
        _ => 0,
    };
    let mut clauses = vec![Clause { with: 0, without: 0 }];
    for pick in &cell.picks {
        let Pick::Texts { not, texts } = pick else {
            return Vec::new();
        };
        clauses = if *not {
            // Not in a list is: lacks each of its values.
            let lacking = |clause: &Clause| {
                let (with, without) = (clause.with, clause.without);
                texts.iter().map(move |(text, _)| Clause { with, without: without | bit(text) })
            };
            clauses.iter().flat_map(lacking).collect()
        } else {
            let named = texts.iter().fold(0, |bits, (text, _)| bits | bit(text));
            let having = |clause: Clause| Clause { with: clause.with | named, ..clause };
            clauses.into_iter().map(having).collect()
        };
    }
    clauses.retain(|clause| clause.with & clause.without == 0);
    clauses
}

fn symbols(cell: &AttrCell, attr: &Attr) -> Bits {
    // Of a closed list no other text occurs.
    let closed = attr.values.is_some() || matches!(&*attr.name, "market" | "channel");
    let universe = attr.symbols.len();
    let occurs = |symbol: &u32| !closed || *symbol != 0;
    let mut members = BTreeSet::new();
    for pick in &cell.picks {
        match pick {
            Pick::Present => members.extend((0..universe).filter(occurs)),
            Pick::Texts { not, texts } => {
                let named: BTreeSet<u32> =
                    texts.iter().flat_map(|(text, branch)| attr.symbols.covered(text, *branch)).collect();
                if *not {
                    members.extend((0..universe).filter(occurs).filter(|symbol| !named.contains(symbol)));
                } else {
                    members.extend(named);
                }
            }
            Pick::Missing | Pick::Within { .. } => {}
        }
    }
    Bits::new(universe, members)
}

/// Money in the market's currency: alternatives in another are left out if one is in it; zero is zero in all (E0405 else).
fn spans(cell: &AttrCell, attr: &Attr, here: Here<'_>, out: &mut Findings) -> Option<Vec<(i64, i64)>> {
    let own =
        |pick: &&Pick| matches!(pick, Pick::Within { currency, .. } if *currency == Some(here.currency));
    let has_own = cell.picks.iter().any(|pick| own(&pick));
    let (mut spans, mut foreign, mut counted) = (Vec::new(), false, false);
    for pick in &cell.picks {
        match pick {
            Pick::Within { not, low, high, currency, zero } => {
                let applies =
                    attr.kind != Kind::Money || currency.is_none() || own(&pick) || *zero && !has_own;
                foreign |= !applies;
                if applies {
                    counted = true;
                    match not {
                        true => spans.extend(outside(&[(*low, *high)])),
                        false => spans.push((*low, *high)),
                    }
                }
            }
            Pick::Present => {
                counted = true;
                spans.push((i64::MIN, i64::MAX));
            }
            Pick::Missing | Pick::Texts { .. } => {}
        }
    }
    if foreign && !counted {
        out.push(missing_currency(&cell.text, cell.span.clone(), here));
        return None;
    }
    Some(union(spans))
}

/// E0405
pub fn missing_currency(written: &str, span: crate::rulebook::Span, here: Here<'_>) -> Diagnostic {
    let title =
        format!("`{written}` names no amount in {}, the currency of market `{}`", here.currency, here.market);
    Diagnostic::error("E0405", title, span, format!("add the amount in {}", here.currency)).note(format!(
        "amounts are never converted: write one for each currency, such as \"20 EUR | 9000 {}\", or limit the scope to other markets",
        here.currency
    ))
}
