//! Maps that every row of a catalog asks.

/// A map with a quick hash; each process draws a key of its own, so that no file can be made of texts that collide.
pub type Map<K, V> = std::collections::HashMap<K, V, foldhash::quality::RandomState>;
