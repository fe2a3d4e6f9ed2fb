//! Texts as small numbers.

use super::Map;

/// The texts of one attribute that a rulebook mentions, each with a number. Number 0 is every other text.
///
/// For a tree the symbols are atoms: each mentioned path gives one for the path itself and one for what lies below it
/// but below no other mentioned path. A branch is then a set of symbols, exactly like a list of texts.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    texts: Vec<Box<str>>,
    index: Map<Box<str>, u32>,
    tree: bool,
}

impl Symbols {
    /// Numbers `texts` in sorted order, so that the order of rule files changes nothing.
    #[must_use]
    pub fn new(texts: impl IntoIterator<Item = String>, tree: bool) -> Self {
        let mut texts: Vec<Box<str>> = texts.into_iter().map(String::into_boxed_str).collect();
        texts.sort();
        texts.dedup();
        let index = texts.iter().zip(0..).map(|(text, at)| (text.clone(), at)).collect();
        Self { texts, index, tree }
    }

    /// How many symbols there are, "every other text" included.
    #[must_use]
    pub fn len(&self) -> u32 {
        let texts = u32::try_from(self.texts.len()).unwrap_or(u32::MAX / 2);
        if self.tree { 1 + 2 * texts } else { 1 + texts }
    }

    /// No text is mentioned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The mentioned texts, sorted.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }

    /// The symbol of a value found in the facts.
    #[must_use]
    pub fn lookup(&self, text: &str) -> u32 {
        if !self.tree {
            return self.index.get(text).map_or(0, |at| at + 1);
        }
        if let Some(at) = self.index.get(text) {
            return 1 + 2 * at;
        }
        let mut path = text;
        while let Some((parent, _)) = path.rsplit_once('/') {
            if let Some(at) = self.index.get(parent) {
                return 2 + 2 * at;
            }
            path = parent;
        }
        0
    }

    /// The symbols that a cell naming `text` stands for: the text itself or, in a tree with `branch`, everything below too.
    #[must_use]
    pub fn covered(&self, text: &str, branch: bool) -> Vec<u32> {
        let Some(at) = self.index.get(text).copied() else {
            return Vec::new();
        };
        match (self.tree, branch) {
            (false, _) => vec![1 + at],
            (true, false) => vec![1 + 2 * at],
            (true, true) => {
                let below = |path: &str| path.strip_prefix(text).is_some_and(|rest| rest.starts_with('/'));
                let mut symbols = vec![1 + 2 * at, 2 + 2 * at];
                for (path, number) in self.texts.iter().zip(0_u32..) {
                    if below(path) {
                        symbols.extend([1 + 2 * number, 2 + 2 * number]);
                    }
                }
                symbols
            }
        }
    }

    /// A text that has this symbol, for examples; `None` for "every other text".
    #[must_use]
    pub fn example(&self, symbol: u32) -> Option<String> {
        let at = symbol.checked_sub(1)?;
        if !self.tree {
            return self.texts.get(at as usize).map(ToString::to_string);
        }
        let text = self.texts.get(at as usize / 2)?;
        Some(if at % 2 == 0 { text.to_string() } else { format!("{text}/…") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_a_set_of_symbols() {
        let texts = ["electronics", "electronics/phones", "grocery"];
        let tree = Symbols::new(texts.map(String::from), true);
        let holds = |branch: &str, value: &str| tree.covered(branch, true).contains(&tree.lookup(value));
        assert!(holds("electronics", "electronics"));
        assert!(holds("electronics", "electronics/audio/tv"));
        assert!(holds("electronics", "electronics/phones/android"));
        assert!(holds("electronics/phones", "electronics/phones/android"));
        assert!(!holds("electronics/phones", "electronics/phonesx"));
        assert!(!holds("electronics/phones", "electronics"));
        assert!(!holds("grocery", "groceries/x"));
        assert!(tree.covered("grocery", false).contains(&tree.lookup("grocery")));
        assert!(!tree.covered("grocery", false).contains(&tree.lookup("grocery/x")));
        assert_eq!(tree.lookup("toys"), 0);
    }
}
