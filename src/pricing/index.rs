//! Which of many rules can hold for an item: for each value of a text attribute one bit a rule, so that an item looks at
//! the few rules of its class, however long the table.

use super::{Cond, FixedRow, Rule, Scope, Test};
use crate::facts::{AttrId, Item, Value};
use smallvec::SmallVec;

/// An attribute whose sets would take more bytes is not looked up: its conditions are still checked one by one.
const BYTES_MAX: usize = 32 << 20;

/// Things with a scope, in the order in which they are tried, and the way to those that can hold.
#[derive(Clone, Debug)]
pub struct Indexed<T> {
    all: Box<[T]>,
    attrs: Box<[ByAttr]>,
    words: usize,
}

/// What has a scope.
pub trait Scoped {
    fn scope(&self) -> &Scope;
}

impl Scoped for Rule {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl Scoped for FixedRow {
    fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// For each symbol of an attribute, and last for a missing one, the set of things that can hold.
#[derive(Clone, Debug)]
struct ByAttr {
    attr: AttrId,
    sets: Sets,
}

/// Words that are not zero, each with its number.
type Words = Box<[(u32, u64)]>;

#[derive(Clone, Debug)]
enum Sets {
    /// 64 things to a word, as many words a symbol as there are.
    Dense(Box<[u64]>),
    /// The words that are not zero, by their number.
    Sparse(Box<[Words]>),
}

/// One set of things.
#[derive(Clone, Copy)]
enum Set<'a> {
    Dense(&'a [u64]),
    Sparse(&'a [(u32, u64)]),
}

impl<T: Scoped> Indexed<T> {
    /// The first two that no text of the item keeps from holding and of which `holds` says that they do.
    pub(super) fn first_two<'a>(
        &'a self,
        item: &Item,
        holds: impl Fn(&T) -> bool,
    ) -> [Option<(u32, &'a T)>; 2] {
        if self.words != 1 {
            let mut holding = self.candidates(item).filter(|(_, one)| holds(one));
            return [holding.next(), holding.next()];
        }
        let sets = self.attrs.iter().filter_map(|by| self.set(by, item));
        let mut left = sets.fold(u64::MAX, |word, set| word & set.word(0));
        let mut found = [None, None];
        for slot in &mut found {
            while slot.is_none() && left != 0 {
                let at = left.trailing_zeros();
                left &= left - 1;
                // Words are filled up: beyond the last thing there is none.
                let Some(one) = self.all.get(at as usize) else { return found };
                *slot = holds(one).then_some((at, one));
            }
        }
        found
    }

    /// Those that no text of the item keeps from holding, in order. Each still has to be checked.
    pub(super) fn candidates<'a>(&'a self, item: &Item) -> impl Iterator<Item = (u32, &'a T)> {
        let sets: SmallVec<[Set<'a>; 6]> = self.attrs.iter().filter_map(|by| self.set(by, item)).collect();
        let shortest = |set: &Set<'a>| match set {
            Set::Dense(_) => None,
            Set::Sparse(words) => Some(*words),
        };
        let pivot = sets.iter().filter_map(shortest).min_by_key(|words| words.len());
        let steps = pivot.map_or(self.words, <[_]>::len);
        let all = move |step: usize| match pivot {
            None => (step, u64::MAX),
            Some(words) => words.get(step).map_or((0, 0), |(at, word)| (*at as usize, *word)),
        };
        let words = (0..steps).map(move |step| {
            let (at, word) = all(step);
            (at, sets.iter().fold(word, |word, set| word & set.word(at)))
        });
        words.flat_map(move |(at, word)| {
            let bits = std::iter::successors(Some(word), |word| Some(word & word.wrapping_sub(1)));
            let bits = bits.take_while(|word| *word != 0).map(|word| word.trailing_zeros() as usize);
            bits.map_while(move |bit| {
                let index = at * 64 + bit;
                Some((u32::try_from(index).ok()?, self.all.get(index)?))
            })
        })
    }

    fn set<'a>(&'a self, by: &'a ByAttr, item: &Item) -> Option<Set<'a>> {
        let symbol = match item.value(by.attr) {
            Value::Symbol(symbol) => Some(symbol as usize),
            _ => None,
        };
        match &by.sets {
            Sets::Dense(sets) => {
                let last = (sets.len() / self.words).checked_sub(1)?;
                let start = symbol.filter(|symbol| *symbol < last).or(symbol.is_none().then_some(last))?;
                sets.get(start * self.words..(start + 1) * self.words).map(Set::Dense)
            }
            Sets::Sparse(sets) => {
                let last = sets.len().checked_sub(1)?;
                let at = symbol.filter(|symbol| *symbol < last).or(symbol.is_none().then_some(last))?;
                sets.get(at).map(|set| Set::Sparse(set))
            }
        }
    }
}

impl Set<'_> {
    fn word(self, at: usize) -> u64 {
        match self {
            Self::Dense(words) => words.get(at).copied().unwrap_or(0),
            Self::Sparse(words) => {
                let found = words.binary_search_by_key(&at, |(at, _)| *at as usize);
                found.ok().and_then(|at| words.get(at)).map_or(0, |(_, word)| *word)
            }
        }
    }
}

impl<T: Scoped> From<Vec<T>> for Indexed<T> {
    fn from(all: Vec<T>) -> Self {
        let words = all.len().div_ceil(64);
        let conds = || all.iter().flat_map(|one| one.scope().boxes.iter().flatten());
        let mut attrs: Vec<AttrId> =
            conds().filter(|cond| matches!(cond.test, Test::Symbols(_))).map(|cond| cond.attr).collect();
        attrs.sort_unstable();
        attrs.dedup();
        let attrs = attrs.into_iter().filter_map(|attr| ByAttr::new(attr, &all, words)).collect();
        Self { all: all.into(), attrs, words }
    }
}

impl ByAttr {
    /// None if its sets are too large.
    fn new<T: Scoped>(attr: AttrId, all: &[T], words: usize) -> Option<Self> {
        let symbols = |cond: &Cond| match &cond.test {
            Test::Symbols(bits) if cond.attr == attr => Some(bits.words().len() * 64),
            _ => None,
        };
        let universe =
            all.iter().flat_map(|one| one.scope().boxes.iter().flatten()).filter_map(symbols).max()?;
        let mut sets: Vec<Vec<(u32, u64)>> = vec![Vec::new(); universe + 1];
        let mut size = 0;
        for (at, one) in all.iter().enumerate() {
            let mut add = |symbol: usize| {
                let (word, bit) = ((at / 64) as u32, 1_u64 << (at % 64));
                let Some(set) = sets.get_mut(symbol) else { return };
                match set.last_mut() {
                    Some((known, bits)) if *known == word => *bits |= bit,
                    _ => {
                        set.push((word, bit));
                        size += size_of::<(u32, u64)>();
                    }
                }
            };
            for conds in &one.scope().boxes {
                let mut own = conds.iter().filter(|cond| symbols(cond).is_some()).peekable();
                match own.peek() {
                    None => (0..=universe).for_each(&mut add),
                    // Of several conditions on one attribute each must hold: the first is enough for a candidate.
                    Some(cond) => {
                        if let Test::Symbols(bits) = &cond.test {
                            bits.iter().for_each(|symbol| add(symbol as usize));
                        }
                        if cond.or_missing {
                            add(universe);
                        }
                    }
                }
            }
            if BYTES_MAX < size {
                return None;
            }
        }
        let dense = (universe + 1) * words * size_of::<u64>();
        let sets = if size < dense {
            Sets::Sparse(sets.into_iter().map(Vec::into_boxed_slice).collect())
        } else {
            let mut words_of = vec![0; (universe + 1) * words];
            for (set, chunk) in sets.iter().zip(words_of.chunks_mut(words.max(1))) {
                for (at, bits) in set {
                    if let Some(word) = chunk.get_mut(*at as usize) {
                        *word = *bits;
                    }
                }
            }
            Sets::Dense(words_of.into())
        };
        Some(Self { attr, sets })
    }
}

impl<T: Scoped> From<Box<[T]>> for Indexed<T> {
    fn from(all: Box<[T]>) -> Self {
        Vec::from(all).into()
    }
}

impl<T: Scoped, const N: usize> From<[T; N]> for Indexed<T> {
    fn from(all: [T; N]) -> Self {
        Vec::from(all).into()
    }
}

impl<T: Scoped> FromIterator<T> for Indexed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        all.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T> std::ops::Deref for Indexed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.all
    }
}

impl<'a, T> IntoIterator for &'a Indexed<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::builtin;
    use crate::pricing::Bits;
    use proptest::prelude::*;

    const ATTRS: [AttrId; 3] = [builtin::NAME, builtin::SEGMENT, builtin::VAT_CLASS];
    const UNIVERSE: u32 = 70;

    fn item(values: &[Option<u32>; 3]) -> Item {
        let mut all = vec![Value::Missing; builtin::ALL.len()];
        for (attr, value) in ATTRS.iter().zip(values) {
            all[usize::from(attr.0)] = value.map_or(Value::Missing, Value::Symbol);
        }
        Item::blank(all.into())
    }

    fn cond() -> impl Strategy<Value = Cond> {
        let members = prop_oneof![
            prop::collection::vec(0..UNIVERSE, 1..3),
            prop::collection::vec(0..UNIVERSE, 30..70),
        ];
        (0_usize..3, members, any::<bool>()).prop_map(|(attr, members, or_missing)| Cond {
            attr: ATTRS[attr],
            test: Test::Symbols(Bits::new(UNIVERSE, members)),
            or_missing,
            text: "".into(),
        })
    }

    fn scope() -> impl Strategy<Value = Scope> {
        let conds = prop::collection::vec(cond(), 0..3).prop_map(Vec::into_boxed_slice);
        prop::collection::vec(conds, 0..3).prop_map(|boxes| Scope { boxes: boxes.into() })
    }

    fn holds(scope: &Scope, item: &Item) -> bool {
        let cond = |cond: &Cond| match (&cond.test, item.value(cond.attr)) {
            (Test::Symbols(bits), Value::Symbol(symbol)) => bits.contains(symbol),
            _ => cond.or_missing,
        };
        scope.boxes.iter().any(|conds| conds.iter().all(cond))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
        /// None that holds is left out, the order stays, and with one condition an attribute nothing else is in.
        #[test]
        fn what_holds_is_a_candidate(
            scopes in prop::collection::vec(scope(), 0..150),
            values in prop::array::uniform3(prop::option::of(0..UNIVERSE + 90)),
        ) {
            let rows = scopes.iter().map(|scope| FixedRow { scope: scope.clone(), row: 0, price: None });
            let indexed: Indexed<FixedRow> = rows.collect();
            let item = item(&values);
            let found: Vec<usize> = indexed.candidates(&item).map(|(at, _)| at as usize).collect();
            prop_assert!(found.is_sorted_by(|a, b| a < b));
            for (at, scope) in scopes.iter().enumerate() {
                prop_assert!(!holds(scope, &item) || found.contains(&at), "{at}");
            }
            let single = |scope: &Scope| scope.boxes.len() == 1 && {
                let attrs: Vec<AttrId> = scope.boxes[0].iter().map(|cond| cond.attr).collect();
                attrs.iter().enumerate().all(|(at, attr)| !attrs[..at].contains(attr))
            };
            let known = values.iter().flatten().all(|value| *value < UNIVERSE);
            if known {
                for at in found {
                    prop_assert!(!single(&scopes[at]) || holds(&scopes[at], &item), "{at}");
                }
            }
        }
    }
}
