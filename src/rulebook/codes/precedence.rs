//! Who wins.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "E0301",
        title: "two rules set the price of the same items",
        why: "Neither scope contains the other and neither rule says `over`, so the price would depend on the order of lines. It is an error also when no item is in both today: nothing forbids such an item tomorrow.",
        wrong: "where = { category = \"audio/**\", brand = \"Bose\" }",
        right: "where = { category = \"audio/**\", brand = \"Bose\", tags = \"!kvi\" }",
        cure: "Keep the scopes apart, or say who wins with `over`. Both edits are ready: `pricer check --choose E0301:1`.",
    },
    Entry {
        code: "E0302",
        title: "`over` names a rule of another layer",
        why: "Between layers the later one wins by itself; `over` decides inside one layer.",
        wrong: "over  = [\"plan\"]\n",
        right: "",
        cure: "Remove the name from `over`, or move one of the rules.",
    },
    Entry {
        code: "E0303",
        title: "rules beat each other in a circle",
        why: "If A beats B and B beats A, nobody wins.",
        wrong: "over  = [\"x\"]\n",
        right: "",
        cure: "Delete one of the names.",
    },
    Entry {
        code: "E0304",
        title: "two rules have the same scope",
        why: "They hold for exactly the same items, so neither is narrower.",
        wrong: "where = { brand = \"Bose\" } # again",
        right: "where = { brand = \"Sony\" }",
        cure: "Delete one, narrow one, or say who wins with `over`.",
    },
    Entry {
        code: "E0305",
        title: "`use` does not name an earlier layer",
        why: "`use` lends the price of an earlier layer. A layer cannot lend from itself or a later one: that would be a circle.",
        wrong: "price = { use = \"position\" }",
        right: "price = { use = \"base\" }",
        cure: "Name an earlier layer of the list `layers`.",
    },
    Entry {
        code: "W0305",
        title: "a rule above the first layer matches everything",
        why: "It silences every rule of the layers before it. Most often a `where` was forgotten.",
        wrong: "[rule.x]\nlayer = \"position\"",
        right: "[rule.x]\nlayer = \"position\"\nwhere = { tags = \"kvi\" }",
        cure: "Say in `where` which items are meant, or move the rule to the first layer.",
    },
    Entry {
        code: "W0310",
        title: "a rule that can never set a price",
        why: "Every item it matches is matched by a rule that wins over it.",
        wrong: "over  = [\"earbuds\"]\n",
        right: "",
        cure: "Delete the rule, narrow the other one, or remove its `over`.",
    },
    Entry {
        code: "W0311",
        title: "an entry that holds for no item today",
        why: "With `--catalog`: no item of it is in the scope. Its items may come tomorrow; if not, a name or a comparison is wrong and the entry protects or prices nothing.",
        wrong: "",
        right: "",
        cure: "Correct the scope, or delete the entry.",
    },
    Entry {
        code: "W0312",
        title: "an entry whose dates are over",
        why: "With `--catalog`: its `until` lies before the moment that is looked at, so it never acts again.",
        wrong: "",
        right: "",
        cure: "Delete the entry, or write the next dates.",
    },
];
