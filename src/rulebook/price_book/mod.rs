//! The rulebook as plain sentences, from what was compiled: what stands here is what the engine does.
//!
//! A sentence is made for each market and channel; places with the same sentence are told together.

mod entries;
mod html;
mod sentences;
mod shop;
mod text;

use super::Loaded;

/// A page of sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    pub title: String,
    /// The release's id.
    pub release: String,
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub title: &'static str,
    /// How the things below work together.
    pub lead: String,
    pub cards: Vec<Card>,
}

/// One entry of the rulebook with its overlays and rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    pub name: String,
    /// Layer, class or kind.
    pub tag: String,
    pub owner: String,
    pub why: String,
    /// `rules/strategy.toml:9`
    pub at: String,
    pub parts: Vec<Part>,
}

/// What one entry, overlay or row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its own name where it is not the card's: `plan#8`.
    pub label: String,
    /// Each sentence with the places it is for; none for all.
    pub says: Vec<(Option<String>, String)>,
}

impl PriceBook {
    /// `None` for a rulebook with errors.
    #[must_use]
    pub fn new(loaded: &Loaded) -> Option<Self> {
        let release = loaded.release.as_deref()?;
        let sections = vec![
            shop::markets(release),
            shop::rivals(release),
            entries::rules(release),
            entries::adjustments(release),
            entries::guards(release),
            entries::rounds(release),
            shop::tests(loaded),
        ];
        Some(Self {
            title: release.name.to_string(),
            release: release.id().to_owned(),
            sections: sections.into_iter().filter(|section| !section.cards.is_empty()).collect(),
        })
    }

    /// One page for a browser: no script, nothing loaded from elsewhere.
    #[must_use]
    pub fn html(&self) -> String {
        html::page(self)
    }

    #[must_use]
    pub fn text(&self) -> String {
        text::page(self)
    }
}

#[cfg(test)]
mod tests;
