//! A map by text that is cheap to copy.

use super::trie::{Keyed, Trie};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Shelf<V>(Trie<Named<V>>);

/// A value under its key.
#[derive(Debug)]
struct Named<V>(Arc<(Box<str>, V)>);

impl<V> Clone for Named<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Keyed for Named<V> {
    fn key(&self) -> &str {
        &self.0.0
    }
}

impl<V> Default for Shelf<V> {
    fn default() -> Self {
        Self(Trie::default())
    }
}

impl<V> Shelf<V> {
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        self.0.get(key).map(|named| &named.0.1)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// All keys, in an order that is this shelf's own.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|named| &*named.0.0)
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }
}

impl<V: Clone + Default> Shelf<V> {
    /// The value of a key, made if new. What other copies share is copied first.
    pub fn entry(&mut self, key: &str) -> &mut V {
        let named = self.0.entry(key, || Named(Arc::new((key.into(), V::default()))));
        &mut Arc::make_mut(&mut named.0).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn entries<V: Clone>(shelf: &Shelf<V>) -> impl Iterator<Item = (&str, &V)> {
        shelf.0.iter().map(|named| (&*named.0.0, &named.0.1))
    }

    fn after<'a, V: Clone>(shelf: &'a Shelf<V>, key: &str) -> impl Iterator<Item = (&'a str, &'a V)> {
        shelf.0.after(key).map(|named| (&*named.0.0, &named.0.1))
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
            // The root, two or three levels below it and the leaf.
            let copied = shelf.0.own_nodes(&before.0);
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
                let all: BTreeMap<String, u8> = entries(&shelf).map(|(key, value)| (key.to_owned(), *value)).collect();
                prop_assert_eq!(&all, &map);
                prop_assert!((0..600_u16).all(|key| shelf.get(&key.to_string()) == map.get(&key.to_string())));
                // Page by page, three at a time, nothing is missed or met twice.
                let (mut pages, mut last) = (Vec::new(), None::<String>);
                loop {
                    let page: Vec<(&str, &u8)> = match &last {
                        Some(key) => after(&shelf, key).take(3).collect(),
                        None => entries(&shelf).take(3).collect(),
                    };
                    let Some((key, _)) = page.last() else { break };
                    let key = (*key).to_owned();
                    pages.extend(page.into_iter().map(|(key, value)| (key.to_owned(), *value)));
                    last = Some(key);
                }
                let order: Vec<(String, u8)> = entries(&shelf).map(|(key, value)| (key.to_owned(), *value)).collect();
                prop_assert_eq!(pages, order);
            }
        }
    }
}
