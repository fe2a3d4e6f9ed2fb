//! Entries that know their keys, in a set that is cheap to copy: copies share what they have in common, so a writer changes
//! its own while readers keep theirs.
//!
//! A trie over the bits of the key's hash, the highest first: walking it visits the entries in the order of their hashes.
//! Leaves are large and branches narrow, for a leaf costs as much as three entries.

use foldhash::quality::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;

/// A leaf with more entries becomes a branch.
const LEAF_MAX: usize = 32;
/// A leaf that is full gets room for so many more.
const LEAF_STEP: usize = 4;
const BITS: u32 = 4;
const MASK: u64 = (1 << BITS) - 1;
/// The shift of the first level.
const TOP: u32 = 60;

/// What a [`Trie`] holds: cheap to copy.
pub(super) trait Keyed: Clone {
    fn key(&self) -> &str;
}

#[derive(Clone, Debug)]
pub(super) struct Trie<E> {
    root: Arc<Node<E>>,
    len: usize,
    hashes: RandomState,
}

#[derive(Clone, Debug)]
enum Node<E> {
    /// Which children there are, and those.
    Branch(u16, Vec<Arc<Node<E>>>),
    /// Sorted by hash, then key.
    Leaf(Vec<(u64, E)>),
}

impl<E> Default for Trie<E> {
    fn default() -> Self {
        Self { root: Arc::new(Node::Leaf(Vec::new())), len: 0, hashes: RandomState::default() }
    }
}

/// The child of a branch that a hash belongs to: its bit, and how many children come before it.
fn child(used: u16, hash: u64, shift: u32) -> (u16, usize) {
    let bit = 1_u16 << (hash >> shift & MASK);
    (bit, (used & (bit - 1)).count_ones() as usize)
}

impl<E: Keyed> Trie<E> {
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&E> {
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
                    let same = entries.iter().filter(|(other, _)| *other == hash);
                    return same.map(|(_, entry)| entry).find(|entry| *entry.key() == *key);
                }
            }
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// All entries, in the order of this set's hashes.
    pub fn iter(&self) -> Iter<'_, E> {
        Iter { branches: vec![std::slice::from_ref(&self.root).iter()], leaf: [].iter() }
    }

    /// The entries that come after `key` in that order, whether or not it is there.
    pub fn after(&self, key: &str) -> Iter<'_, E> {
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
                    let from = entries.partition_point(|(other, entry)| (*other, entry.key()) <= (hash, key));
                    rest.leaf = entries.get(from..).unwrap_or_default().iter();
                    break;
                }
            }
        }
        rest
    }

    /// The entry of a key, made if new. What other copies share is copied first, along one path of the trie.
    pub fn entry(&mut self, key: &str, make: impl FnOnce() -> E) -> &mut E {
        let hash = self.hashes.hash_one(key);
        slot(&mut self.root, &mut self.len, (hash, key), TOP, make)
    }

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
                    entries.retain(|(other, entry)| *other != hash || *entry.key() != *key);
                    self.len -= 1;
                    return;
                }
            }
        }
    }

    /// How many nodes are not in another trie.
    #[cfg(test)]
    pub fn own_nodes(&self, other: &Self) -> usize {
        own_nodes(&self.root, &other.root)
    }
}

#[cfg(test)]
fn own_nodes<E>(node: &Arc<Node<E>>, other: &Arc<Node<E>>) -> usize {
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

fn slot<'a, E: Keyed>(
    node: &'a mut Arc<Node<E>>,
    len: &mut usize,
    (hash, key): (u64, &str),
    shift: u32,
    make: impl FnOnce() -> E,
) -> &'a mut E {
    let node = Arc::make_mut(node);
    if let Node::Leaf(entries) = &*node
        && LEAF_MAX <= entries.len()
        && 0 < shift
        && !entries.iter().any(|(other, entry)| *other == hash && *entry.key() == *key)
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
            slot(&mut children[at], len, (hash, key), shift.saturating_sub(BITS), make)
        }
        Node::Leaf(entries) => {
            let at = entries.partition_point(|(other, entry)| (*other, entry.key()) < (hash, key));
            let known = entries.get(at).is_some_and(|(other, entry)| *other == hash && *entry.key() == *key);
            if !known {
                *len += 1;
                if entries.len() == entries.capacity() {
                    entries.reserve_exact(LEAF_STEP);
                }
                entries.insert(at, (hash, make()));
            }
            #[expect(clippy::indexing_slicing, reason = "the entry is there, or was just put there")]
            let (_, entry) = &mut entries[at];
            entry
        }
    }
}

/// A leaf as a branch of leaves.
fn split<E: Clone>(entries: &[(u64, E)], shift: u32) -> Node<E> {
    let mut used = 0;
    let leaves = entries.chunk_by(|a, b| a.0 >> shift & MASK == b.0 >> shift & MASK).map(|group| {
        used |= group.first().map_or(0, |(hash, _)| child(0, *hash, shift).0);
        Arc::new(Node::Leaf(group.to_vec()))
    });
    let leaves = leaves.collect();
    Node::Branch(used, leaves)
}

/// The entries of a [`Trie`].
#[derive(Debug)]
pub(super) struct Iter<'a, E> {
    branches: Vec<std::slice::Iter<'a, Arc<Node<E>>>>,
    leaf: std::slice::Iter<'a, (u64, E)>,
}

impl<'a, E> Iterator for Iter<'a, E> {
    type Item = &'a E;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((_, entry)) = self.leaf.next() {
                return Some(entry);
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
