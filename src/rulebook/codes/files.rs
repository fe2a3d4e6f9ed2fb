//! What the files are.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "E0001",
        title: "a file of the rulebook is missing or cannot be read",
        why: "A rulebook is a folder with `rulebook.toml` and `schema.toml`, all text in UTF-8; the elasticities in `fitted/` are what `pricer fit` wrote, whole. Nothing is priced by half of it.",
        wrong: "",
        right: "",
        cure: "Put the file back, or save it as UTF-8; fit again.",
    },
    Entry {
        code: "E0002",
        title: "a file of the rulebook would not be read",
        why: "A guard in a file with another ending, or in a folder below, would protect nothing, and nobody would see it.",
        wrong: "",
        right: "",
        cure: "Rename it to end in `.toml` or `.csv`, move it to its folder, or delete it.",
    },
    Entry {
        code: "E0003",
        title: "a rulebook without rules",
        why: "It would price nothing. Most often the folder `rules/` is missing or has another name.",
        wrong: "",
        right: "",
        cure: "Write a rule in a TOML file of the folder `rules/`.",
    },
    Entry {
        code: "E0101",
        title: "a file is not TOML",
        why: "The rest of the file cannot be understood, so no rule of it exists. Texts stand in quotes, lists in [ ], tables in { }.",
        wrong: "min_margin = \"3%",
        right: "min_margin = \"3%\"",
        cure: "Correct the line that is shown; most often a quote or a bracket is missing.",
    },
    Entry {
        code: "E0102",
        title: "a letter that looks like another",
        why: "A Cyrillic `а` looks like a Latin `a`, and a chat turns straight quotes into curly ones. To a machine they are other letters: the name would never match, the text never end.",
        wrong: "where = { brand = \"Воse\" }",
        right: "where = { brand = \"Bose\" }",
        cure: "`pricer check --fix` writes the plain letters.",
    },
    Entry {
        code: "N0001",
        title: "the rulebook is not the one that was locked",
        why: "`rulebook.lock` names the content that somebody meant to release. A changed rulebook is served only after a rest, and never with fewer guards.",
        wrong: "",
        right: "",
        cure: "When the change is meant: `pricer check --lock`.",
    },
    Entry {
        code: "N0002",
        title: "more findings than are shown",
        why: "A check shows a thousand findings. So many most often are one mistake made many times.",
        wrong: "",
        right: "",
        cure: "Correct the first ones and check again.",
    },
];
