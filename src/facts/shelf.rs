//! A map by text that is cheap to copy: copies share what they have in common, so a writer changes its own while readers
//! keep theirs.
//!
//! A trie over the bits of the key's hash, the highest first: walking it visits the entries in the order of their hashes.

use foldhash::quality::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;

/// A leaf with more entries becomes a branch.
const LEAF_MAX: usize = 16;
const BITS: u32 = 6;
/// The shift of the first level; the last uses what is left of 64 bits.
const TOP: u32 = 58;

#[derive(Clone, Debug)]
pub struct Shelf<V> {
    root: Arc<Node<V>>,
    len: usize,
    hashes: RandomState,
}

#[derive(Clone, Debug)]
enum Node<V> {
    /// Which children there are, and those.
    Branch(u64, Vec<Arc<Node<V>>>),
    /// Sorted by hash, then key.
    Leaf(Vec<(u64, Arc<Entry<V>>)>),
}

#[derive(Clone, Debug)]
struct Entry<V> {
    key: Box<str>,
    value: V,
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        Self { root: Arc::new(Node::Leaf(Vec::new())), len: 0, hashes: RandomState::default() }
    }
}

/// The child of a branch that a hash belongs to: its bit, and how many children come before it.
fn child(used: u64, hash: u64, shift: u32) -> (u64, usize) {
    let bit = 1_u64 << (hash >> shift & 63);
    (bit, (used & (bit - 1)).count_ones() as usize)
}

impl<V> Shelf<V> {
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        if self.len == 0 {
            return None;
        }
        let hash = self.hashes.hash_one(key);
        let (mut node, mut shift) = (&*self.root, TOP);
        loop {
            match node {
                Node::Branch(used, children) => {
                    let (bit, at) = child(*used, hash, shift);
                    node = children.get(at).filter(|_| used & bit != 0)?;
                    shift = shift.saturating_sub(BITS);
                }
                Node::Leaf(entries) => {
                    let mut same = entries.iter().filter(|(other, _)| *other == hash);
                    return same.find(|(_, entry)| *entry.key == *key).map(|(_, entry)| &entry.value);
                }
            }
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All entries, in the order of this map's hashes.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter { branches: vec![std::slice::from_ref(&self.root).iter()], leaf: [].iter() }
    }

    /// The entries that come after `key` in that order, whether or not it is there.
    pub fn after<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a str, &'a V)> {
        let hash = self.hashes.hash_one(key);
        let mut rest = Iter { branches: Vec::new(), leaf: [].iter() };
        let (mut node, mut shift) = (&*self.root, TOP);
        loop {
            match node {
                Node::Branch(used, children) => {
                    let (bit, at) = child(*used, hash, shift);
                    let here = children.get(at).filter(|_| used & bit != 0);
                    let from = at + usize::from(here.is_some());
                    rest.branches.push(children.get(from..).unwrap_or_default().iter());
                    let Some(here) = here else { break };
                    node = here;
                    shift = shift.saturating_sub(BITS);
                }
                Node::Leaf(entries) => {
                    let from = entries.partition_point(|(other, entry)| (*other, &*entry.key) <= (hash, key));
                    rest.leaf = entries.get(from..).unwrap_or_default().iter();
                    break;
                }
            }
        }
        rest
    }
}

impl<V: Clone + Default> Shelf<V> {
    /// The value of a key, made if new. What other copies share is copied first, along one path of the trie.
    pub fn entry(&mut self, key: &str) -> &mut V {
        let hash = self.hashes.hash_one(key);
        slot(&mut self.root, &mut self.len, hash, TOP, key)
    }
}

impl<V: Clone> Shelf<V> {
    /// Takes a key away.
    pub fn remove(&mut self, key: &str) {
        if self.get(key).is_none() {
            return;
        }
        let hash = self.hashes.hash_one(key);
        let (mut node, mut shift) = (Arc::make_mut(&mut self.root), TOP);
        loop {
            match node {
                Node::Branch(used, children) => {
                    let (_, at) = child(*used, hash, shift);
                    let Some(next) = children.get_mut(at) else { return };
                    node = Arc::make_mut(next);
                    shift = shift.saturating_sub(BITS);
                }
                Node::Leaf(entries) => {
                    entries.retain(|(other, entry)| *other != hash || *entry.key != *key);
                    self.len -= 1;
                    return;
                }
            }
        }
    }
}

fn slot<'a, V: Clone + Default>(
    node: &'a mut Arc<Node<V>>,
    len: &mut usize,
    hash: u64,
    shift: u32,
    key: &str,
) -> &'a mut V {
    let node = Arc::make_mut(node);
    if let Node::Leaf(entries) = &*node
        && LEAF_MAX <= entries.len()
        && 0 < shift
        && !entries.iter().any(|(other, entry)| *other == hash && *entry.key == *key)
    {
        *node = split(entries, shift);
    }
    match node {
        Node::Branch(used, children) => {
            let (bit, at) = child(*used, hash, shift);
            if *used & bit == 0 {
                *used |= bit;
                children.insert(at, Arc::new(Node::Leaf(Vec::new())));
            }
            #[expect(clippy::indexing_slicing, reason = "the child is there, or was just put there")]
            slot(&mut children[at], len, hash, shift.saturating_sub(BITS), key)
        }
        Node::Leaf(entries) => {
            let at = entries.partition_point(|(other, entry)| (*other, &*entry.key) < (hash, key));
            let known = entries.get(at).is_some_and(|(other, entry)| *other == hash && *entry.key == *key);
            if !known {
                *len += 1;
                entries.insert(at, (hash, Arc::new(Entry { key: key.into(), value: V::default() })));
            }
            #[expect(clippy::indexing_slicing, reason = "the entry is there, or was just put there")]
            let (_, entry) = &mut entries[at];
            &mut Arc::make_mut(entry).value
        }
    }
}

/// A leaf as a branch of leaves.
fn split<V>(entries: &[(u64, Arc<Entry<V>>)], shift: u32) -> Node<V> {
    let mut used = 0;
    let same = |a: &(u64, Arc<Entry<V>>), b: &(u64, Arc<Entry<V>>)| a.0 >> shift & 63 == b.0 >> shift & 63;
    let leaves = entries.chunk_by(same).map(|group| {
        used |= group.first().map_or(0, |(hash, _)| child(0, *hash, shift).0);
        Arc::new(Node::Leaf(group.to_vec()))
    });
    let leaves = leaves.collect();
    Node::Branch(used, leaves)
}

/// The entries of a [`Shelf`].
#[derive(Debug)]
pub struct Iter<'a, V> {
    branches: Vec<std::slice::Iter<'a, Arc<Node<V>>>>,
    leaf: std::slice::Iter<'a, (u64, Arc<Entry<V>>)>,
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (&'a str, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((_, entry)) = self.leaf.next() {
                return Some((&entry.key, &entry.value));
            }
            match self.branches.last_mut()?.next() {
                Some(node) => match &**node {
                    Node::Branch(_, children) => self.branches.push(children.iter()),
                    Node::Leaf(entries) => self.leaf = entries.iter(),
                },
                None => drop(self.branches.pop()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// How many nodes of a trie are not in another one.
    fn own_nodes<V>(node: &Arc<Node<V>>, other: &Arc<Node<V>>) -> usize {
        if Arc::ptr_eq(node, other) {
            return 0;
        }
        match (&**node, &**other) {
            (Node::Branch(used, children), Node::Branch(same, others)) if used == same => {
                1 + children.iter().zip(others).map(|(a, b)| own_nodes(a, b)).sum::<usize>()
            }
            _ => 1,
        }
    }

    #[test]
    fn a_change_copies_one_path_and_not_everything() {
        let mut shelf = Shelf::<u8>::default();
        for key in 0..50_000 {
            *shelf.entry(&key.to_string()) = 1;
        }
        for key in ["0", "49999", "12345"] {
            let before = shelf.clone();
            *shelf.entry(key) = 2;
            // The root, two levels below it and the leaf; here and there one more.
            let copied = own_nodes(&shelf.root, &before.root);
            assert!((1..=5).contains(&copied), "{copied} nodes");
            assert_eq!((before.get(key), shelf.get(key)), (Some(&1), Some(&2)));
        }
    }

    proptest! {
        #[test]
        fn it_is_a_map_and_copies_do_not_see_each_other(steps in prop::collection::vec((0_u16..600, 0_u8..5), 0..2_000)) {
            let (mut shelf, mut map) = (Shelf::<u8>::default(), BTreeMap::<String, u8>::new());
            let mut copies = Vec::new();
            for (at, (key, value)) in steps.into_iter().enumerate() {
                let key = key.to_string();
                if value == 0 {
                    shelf.remove(&key);
                    map.remove(&key);
                } else {
                    *shelf.entry(&key) = value;
                    map.insert(key, value);
                }
                if at % 500 == 0 {
                    copies.push((shelf.clone(), map.clone()));
                }
            }
            copies.push((shelf, map));
            for (shelf, map) in copies {
                prop_assert_eq!(shelf.len(), map.len());
                let all: BTreeMap<String, u8> = shelf.iter().map(|(key, value)| (key.to_owned(), *value)).collect();
                prop_assert_eq!(&all, &map);
                prop_assert!((0..600_u16).all(|key| shelf.get(&key.to_string()) == map.get(&key.to_string())));
                // Page by page, three at a time, nothing is missed or met twice.
                let (mut pages, mut last) = (Vec::new(), None::<String>);
                loop {
                    let page: Vec<(&str, &u8)> = match &last {
                        Some(key) => shelf.after(key).take(3).collect(),
                        None => shelf.iter().take(3).collect(),
                    };
                    let Some((key, _)) = page.last() else { break };
                    let key = (*key).to_owned();
                    pages.extend(page.into_iter().map(|(key, value)| (key.to_owned(), *value)));
                    last = Some(key);
                }
                let order: Vec<(String, u8)> = shelf.iter().map(|(key, value)| (key.to_owned(), *value)).collect();
                prop_assert_eq!(pages, order);
            }
        }
    }
}
