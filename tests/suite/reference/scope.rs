//! Scopes: conjunctions of cells, unions by `any`, and which scope lies inside which (semantics 4).

use super::cell::{Atom, Cell, Kind, Value};
use super::num;
use std::collections::{BTreeMap, BTreeSet};

/// One condition: an attribute, its kind and a cell.
#[derive(Clone, Debug)]
pub struct Condition {
    pub attribute: String,
    pub kind: Kind,
    pub cell: Cell,
}

/// Conditions that all hold, and for each `any` one of its scopes.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub conditions: Vec<Condition>,
    pub any: Vec<Vec<Scope>>,
}

/// A market as containment sees it: its name and currency.
pub type Markets = BTreeMap<String, String>;

impl Scope {
    pub fn holds(&self, values: &BTreeMap<String, Value>, currency: &str) -> bool {
        self.conditions.iter().all(|c| c.cell.holds(values.get(&c.attribute), currency))
            && self.any.iter().all(|union| union.iter().any(|scope| scope.holds(values, currency)))
    }

    /// Both scopes at once (overlays, table rows).
    pub fn and(&self, other: &Scope) -> Scope {
        let mut both = self.clone();
        both.conditions.extend(other.conditions.iter().cloned());
        both.any.extend(other.any.iter().cloned());
        both
    }

    /// The union of plain boxes that this scope is.
    fn boxes(&self) -> Vec<Vec<&Condition>> {
        let mut boxes: Vec<Vec<&Condition>> = vec![self.conditions.iter().collect()];
        for union in &self.any {
            let inner: Vec<Vec<&Condition>> = union.iter().flat_map(|scope| scope.boxes()).collect();
            boxes = boxes
                .iter()
                .flat_map(|left| inner.iter().map(move |right| left.iter().chain(right).copied().collect()))
                .collect();
        }
        boxes
    }

    /// Proven from the cells: every box of this scope lies inside one box of the other (semantics 4.4).
    pub fn inside(&self, other: &Scope, markets: &Markets) -> bool {
        let outer = other.boxes();
        self.boxes().iter().all(|a| outer.iter().any(|b| box_inside(a, b, markets)))
    }

    pub fn narrower_than(&self, other: &Scope, markets: &Markets) -> bool {
        self.inside(other, markets) && !other.inside(self, markets)
    }
}

/// A box lies inside another if it does so on each attribute the other restricts. Amounts are compared
/// in the currency of every market the inner box allows.
fn box_inside(inner: &[&Condition], outer: &[&Condition], markets: &Markets) -> bool {
    let on = |conditions: &[&Condition], attribute: &str| -> Vec<Condition> {
        conditions.iter().filter(|c| c.attribute == attribute).map(|c| (*c).clone()).collect()
    };
    let market_cells = on(inner, "market");
    let allowed = markets.iter().filter(|(market, _)| {
        let value = Value::Text((*market).clone());
        market_cells.iter().all(|c| c.cell.holds(Some(&value), ""))
    });
    let currencies: BTreeSet<&String> = allowed.map(|(_, currency)| currency).collect();
    let attributes: BTreeSet<&String> = outer.iter().map(|c| &c.attribute).collect();
    attributes.iter().all(|attribute| {
        let (a, b) = (on(inner, attribute), on(outer, attribute));
        currencies.iter().all(|currency| attribute_inside(&a, &b, currency))
    })
}

/// Every point that satisfies all cells of `inner` satisfies all of `outer`. The points are one witness
/// of every class that these cells can tell apart, so the answer is exact.
fn attribute_inside(inner: &[Condition], outer: &[Condition], currency: &str) -> bool {
    let all =
        |cells: &[Condition], point: Option<&Value>| cells.iter().all(|c| c.cell.holds(point, currency));
    let points = witnesses(inner.iter().chain(outer), currency);
    points.iter().all(|point| !all(inner, point.as_ref()) || all(outer, point.as_ref()))
}

fn witnesses<'a>(conditions: impl Iterator<Item = &'a Condition>, currency: &str) -> Vec<Option<Value>> {
    let (mut words, mut roots, mut ends) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut kind = Kind::Text;
    for condition in conditions {
        kind = condition.kind;
        for atom in &condition.cell.0 {
            let atom = if let Atom::Not(inner) = atom { inner } else { atom };
            match atom {
                Atom::Equals(word) => drop(words.insert(word.clone())),
                Atom::Branch(root) => drop(roots.insert(root.clone())),
                Atom::Listed(list) => words.extend(list.iter().cloned()),
                Atom::Span { low, high, currency: of } if of.as_deref().is_none_or(|of| of == currency) => {
                    ends.extend([low, high].into_iter().flatten().map(|(end, _)| end.clone()));
                }
                Atom::Span { .. } | Atom::Missing | Atom::Present | Atom::Not(_) => {}
            }
        }
    }
    match kind {
        // A set is never missing (semantics 2): all subsets of the words mentioned.
        Kind::Set => {
            let words: Vec<String> = words.into_iter().collect();
            let subset = |bits: u32| {
                words.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1).map(|(_, w)| w.clone()).collect()
            };
            (0..1u32 << words.len()).map(|bits| Some(Value::Set(subset(bits)))).collect()
        }
        Kind::Text | Kind::Tree => {
            let fresh = "\u{1}";
            let below = roots.iter().map(|root| format!("{root}/{fresh}")).collect::<Vec<_>>();
            let texts = words.into_iter().chain(roots).chain(below).chain([fresh.to_string()]);
            texts.map(|text| Some(Value::Text(text))).chain([None]).collect()
        }
        Kind::Money | Kind::Percent | Kind::Number | Kind::Duration => {
            let ends: Vec<num::Q> = ends.into_iter().collect();
            let mut points = ends.clone();
            points.extend(ends.windows(2).map(|pair| (&pair[0] + &pair[1]) / num::q(2)));
            points.extend(ends.first().map(|end| end - num::one()));
            points.extend(ends.last().map(|end| end + num::one()));
            points.push(num::zero());
            let quantities = points.into_iter().map(|point| Some(Value::Quantity(point)));
            quantities.chain([Some(Value::Endless), None]).collect()
        }
    }
}
