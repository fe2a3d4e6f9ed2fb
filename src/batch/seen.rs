//! Which prices were already asked for: exact, and small enough for tens of millions of SKUs.
//!
//! A hash alone is not enough: two SKUs that share 64 bits are rare, but a price dropped for that would be wrong
//! without a trace. So the SKUs themselves are kept, one behind the other in a few large texts, and a slot of the
//! hash table is a tag and a place in the text: equal tags are compared byte by byte. The places of a SKU are the
//! number of a set that others share.
//!
//! A SKU of 12 bytes costs 18 bytes of text and 9 to 18 of table, however many places it has; the cost of being
//! exact is the text. The table has 64 parts that grow one at a time, so that growing never doubles all of it. The hash has a
//! key of its own in each run: nobody can write a catalog whose SKUs all collide.

use super::BatchError;
use std::collections::HashMap;

const PARTS: usize = 64;
/// Number of the set (4 bytes) and length of the SKU (2 bytes) before its text.
const HEAD_BYTES: usize = 6;

/// The (SKU, place) pairs of a run so far.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    parts: Vec<Part>,
    sets: Sets,
}

/// Open addressing over texts.
#[derive(Clone, Debug, Default)]
struct Part {
    /// Tag (upper half), place in `texts` + 1 (lower half); 0 is empty. A power of two, at most 7/8 full.
    slots: Vec<u64>,
    count: usize,
    texts: Vec<u8>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { parts: vec![Part::default(); PARTS], sets: Sets::default() }
    }
}

impl Seen {
    /// Marks the places of a SKU and returns those that were marked before. `hash` is any good hash of `sku`, always the same.
    pub fn mark(&mut self, hash: u64, sku: &str, places: &[u16]) -> Result<Vec<u16>, BatchError> {
        let full = || BatchError::Internal("too many SKUs for one run: split the catalog".into());
        let part = usize::try_from(hash >> 58).ok().and_then(|at| self.parts.get_mut(at)).ok_or_else(full)?;
        let entry = part.find_or_add(hash, sku.as_bytes()).ok_or_else(full)?;
        let number = part.texts.get_mut(entry..).and_then(<[u8]>::first_chunk_mut).ok_or_else(full)?;
        let before = u32::from_le_bytes(*number);
        let (after, again) = self.sets.add(before, places).ok_or_else(full)?;
        *number = after.to_le_bytes();
        Ok(again)
    }
}

impl Seen {
    /// Whether a place of a SKU was marked.
    pub fn has(&self, hash: u64, sku: &str) -> bool {
        let part = usize::try_from(hash >> 58).ok().and_then(|at| self.parts.get(at));
        part.is_some_and(|part| part.has(hash, sku.as_bytes()))
    }
}

impl Part {
    fn has(&self, hash: u64, sku: &[u8]) -> bool {
        let tag = hash & 0xffff_ffff;
        let (Some(mask), Ok(mut at)) = (self.slots.len().checked_sub(1), usize::try_from(tag)) else {
            return false;
        };
        while let Some(slot) = self.slots.get(at & mask).filter(|slot| **slot != 0) {
            let place = usize::try_from(slot & 0xffff_ffff).ok().and_then(|place| place.checked_sub(1));
            if slot >> 32 == tag && place.and_then(|place| self.text(place)) == Some(sku) {
                return true;
            }
            at = (at & mask) + 1;
        }
        false
    }

    /// Where the entry of a SKU is, made if new; `None` if there is no room.
    fn find_or_add(&mut self, hash: u64, sku: &[u8]) -> Option<usize> {
        if self.slots.len() * 7 <= self.count * 8 {
            self.grow()?;
        }
        let (mask, tag) = (self.slots.len() - 1, hash & 0xffff_ffff);
        let mut at = usize::try_from(tag).ok()? & mask;
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                let place = self.texts.len();
                let number = u32::try_from(place + 1).ok()?;
                let length = u16::try_from(sku.len()).ok()?;
                self.texts.extend(0_u32.to_le_bytes());
                self.texts.extend(length.to_le_bytes());
                self.texts.extend(sku);
                *self.slots.get_mut(at)? = tag << 32 | u64::from(number);
                self.count += 1;
                return Some(place);
            }
            let place = usize::try_from(slot & 0xffff_ffff).ok()? - 1;
            if slot >> 32 == tag && self.text(place) == Some(sku) {
                return Some(place);
            }
            at = (at + 1) & mask;
        }
    }

    fn text(&self, place: usize) -> Option<&[u8]> {
        let length = usize::from(u16::from_le_bytes(*self.texts.get(place + 4..)?.first_chunk()?));
        let start = place + HEAD_BYTES;
        self.texts.get(start..start + length)
    }

    /// Doubles the table; tags are enough to find the new slots.
    fn grow(&mut self) -> Option<()> {
        let size = (self.slots.len() * 2).max(16);
        let mut slots = vec![0_u64; size];
        for slot in self.slots.iter().filter(|slot| **slot != 0) {
            let mut at = usize::try_from(slot >> 32).ok()? & (size - 1);
            while *slots.get(at)? != 0 {
                at = (at + 1) & (size - 1);
            }
            *slots.get_mut(at)? = *slot;
        }
        self.slots = slots;
        Some(())
    }
}

/// Sets of places by number; number 0 is the empty one. A catalog has few: one for each way in which its rows name places.
#[derive(Clone, Debug)]
struct Sets {
    /// What the places of the last new SKU gave: those of the next are mostly the same.
    first: Option<(Box<[u16]>, u32)>,
    members: Vec<Box<[u16]>>,
    /// Each list of places that was ever asked for, by number.
    lists: HashMap<Box<[u16]>, u32>,
    /// What adding a list to a set gives.
    known: HashMap<(u32, u32), u32>,
    numbers: HashMap<Box<[u16]>, u32>,
}

impl Default for Sets {
    fn default() -> Self {
        Self {
            first: None,
            members: vec![Box::default()],
            lists: HashMap::new(),
            known: HashMap::new(),
            numbers: HashMap::from([(Box::default(), 0)]),
        }
    }
}

impl Sets {
    /// The set with the places, and those it had before.
    fn add(&mut self, set: u32, places: &[u16]) -> Option<(u32, Vec<u16>)> {
        if set != 0 {
            return self.add_slowly(set, places);
        }
        if let Some((known, next)) = &self.first
            && **known == *places
        {
            return Some((*next, Vec::new()));
        }
        let added = self.add_slowly(set, places)?;
        self.first = Some((places.into(), added.0));
        Some(added)
    }

    fn add_slowly(&mut self, set: u32, places: &[u16]) -> Option<(u32, Vec<u16>)> {
        let had = self.members.get(usize::try_from(set).ok()?)?;
        let again: Vec<u16> =
            places.iter().filter(|place| had.binary_search(place).is_ok()).copied().collect();
        let list = match self.lists.get(places) {
            Some(list) => *list,
            None => {
                let list = u32::try_from(self.lists.len()).ok()?;
                self.lists.insert(places.into(), list);
                list
            }
        };
        if let Some(next) = self.known.get(&(set, list)) {
            return Some((*next, again));
        }
        let mut union: Vec<u16> = had.iter().chain(places).copied().collect();
        union.sort_unstable();
        union.dedup();
        let union = union.into_boxed_slice();
        let next = match self.numbers.get(&union) {
            Some(next) => *next,
            None => {
                let next = u32::try_from(self.members.len()).ok()?;
                self.members.push(union.clone());
                self.numbers.insert(union, next);
                next
            }
        };
        self.known.insert((set, list), next);
        Some((next, again))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{BuildHasher, RandomState};

    #[test]
    fn a_pair_is_seen_once_even_if_all_hashes_are_equal() {
        let mut seen = Seen::default();
        assert!(seen.mark(7, "a", &[0, 2, 70]).unwrap().is_empty());
        assert!(seen.mark(7, "b", &[0]).unwrap().is_empty());
        assert_eq!(seen.mark(7, "a", &[1, 2, 70]).unwrap(), [2, 70]);
        assert_eq!(seen.mark(7, "a", &[1]).unwrap(), [1]);
        assert!(seen.mark(7, "", &[1]).unwrap().is_empty());
        assert_eq!(seen.mark(7, "b", &[0, 1]).unwrap(), [0]);
        assert!(seen.has(7, "a") && seen.has(7, "") && !seen.has(7, "c") && !seen.has(1 << 60, "a"));
    }

    #[test]
    fn it_is_a_map_of_sets() {
        let (keys, mut seen) = (RandomState::new(), Seen::default());
        let mut simple: HashMap<String, Vec<u16>> = HashMap::new();
        let lists: [&[u16]; 5] = [&[0, 1, 2], &[0], &[1, 2], &[9], &[]];
        for step in 0..60_000_usize {
            let sku = format!("S{}", step * 7_919 % 20_011);
            let places = lists[step % 5];
            let known = simple.entry(sku.clone()).or_default();
            let again: Vec<u16> = places.iter().filter(|place| known.contains(place)).copied().collect();
            known.extend(places);
            assert_eq!(seen.mark(keys.hash_one(&*sku), &sku, places).unwrap(), again, "{sku}");
        }
        assert!(
            simple
                .keys()
                .all(|sku| seen.has(keys.hash_one(&**sku), sku) && !seen.has(keys.hash_one("T"), "T"))
        );
        let bytes: usize = seen.parts.iter().map(|part| part.slots.len() * 8 + part.texts.len()).sum();
        assert!(bytes < 20_011 * (18 + HEAD_BYTES + 6), "{bytes}");
    }
}
