//! Analysts' tests, editions.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "E0801",
        title: "a test expects something that no answer has",
        why: "The expectation would never be compared.",
        wrong: "",
        right: "",
        cure: "Take one of the names that are listed.",
    },
    Entry {
        code: "E0802",
        title: "a test that cannot run",
        why: "The item, the time or the place of the test does not give a price to compare.",
        wrong: "",
        right: "",
        cure: "Correct what is given; the message names it.",
    },
    Entry {
        code: "E0803",
        title: "a test value that cannot be compared",
        why: "The text is not of the type that the answer has.",
        wrong: "",
        right: "",
        cure: "Write an amount with its currency, a percent with its sign, or a word.",
    },
    Entry {
        code: "E0901",
        title: "understood, but not supported yet",
        why: "The engine knows the setting and does not build it yet. It is refused, for nothing that a rulebook says is ignored.",
        wrong: "[promo.week]\nkind = \"shelf\"",
        right: "",
        cure: "Remove it, or wait for the version that supports it.",
    },
    Entry {
        code: "E0902",
        title: "an edition that this engine does not know",
        why: "The edition fixes what a rulebook means, so that an old one never changes its prices.",
        wrong: "edition = \"2025\"",
        right: "edition = \"2026\"",
        cure: "Write an edition that is known, or take a newer engine.",
    },
];
