//! Guards.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "E0501",
        title: "the floor is above the ceiling",
        why: "For every item in the scope of both guards no price satisfies both. Margin is a share of the price and markup a share of cost: 60 % markup is 37.5 % margin.",
        wrong: "min_margin = \"40%\"",
        right: "min_margin = \"30%\"",
        cure: "Lower the floor, raise the ceiling, or keep their scopes apart.",
    },
    Entry {
        code: "E0503",
        title: "a legal guard cannot be relaxed",
        why: "The law holds for leaflet prices too.",
        wrong: "relax = [\"cap\"]",
        right: "relax = [\"calm\"]",
        cure: "Remove the guard from `relax`.",
    },
    Entry {
        code: "E0504",
        title: "`relax` without an end",
        why: "A rule that may break guards for ever is a guard that does not exist.",
        wrong: "relax = [\"calm\"]",
        right: "relax = [\"calm\"]\nuntil = 2026-12-01",
        cure: "Add `until`.",
    },
    Entry {
        code: "W0504",
        title: "`relax` names a guard that never holds here",
        why: "Its scope and the scope of the entry have no item in common, so most likely another guard was meant.",
        wrong: "relax = [\"grocery\"]",
        right: "relax = [\"calm\"]",
        cure: "Remove the name, or name the guard that is meant.",
    },
    Entry {
        code: "E0505",
        title: "a guard that bounds nothing",
        why: "It would look like protection and be none.",
        wrong: "[guard.x]\nclass = \"safety\"",
        right: "[guard.x]\nclass = \"safety\"\nmin_margin = \"3%\"",
        cure: "Add a bound such as `min_margin`, or delete the guard.",
    },
    Entry {
        code: "E0506",
        title: "a guard that can hold for no item",
        why: "Its conditions exclude each other, so it would look like protection and be none. A list of cells on one attribute asks for all of them, and an overlay is about a part of its parent's scope.",
        wrong: "where = { category = [\"audio/**\", \"video/**\"] }",
        right: "where = { category = \"audio/** | video/**\" }",
        cure: "For either of them write `a/** | b/**`; else correct the scope, or delete the guard.",
    },
    Entry {
        code: "W0507",
        title: "a guard that lets no price move",
        why: "`min_change` keeps back every move that `max_change` allows, or `max_change` allows none and has no dates. The current price stays for ever, unless a guard of a higher class moves it.",
        wrong: "min_change = \"8%\"",
        right: "min_change = \"1%\"",
        cure: "Make `min_change` smaller than `max_change`. To hold prices for some days, give the guard `from` and `until`.",
    },
    Entry {
        code: "W0508",
        title: "a guard that refuses every item it holds for",
        why: "Its scope asks for items without a fact that its bound needs, and a guard without its fact refuses the price.",
        wrong: "where = { rrp = \"?\" }",
        right: "where = { rrp = \"**\" }",
        cure: "Ask for items that have the fact, or take another bound.",
    },
    Entry {
        code: "W0502",
        title: "a guard that always holds an adjustment back",
        why: "The adjustment asks for more than the guard allows at a time, so it never acts in full.",
        wrong: "adjust = \"-30%\"",
        right: "adjust = \"-5%\"",
        cure: "Widen the guard, make the adjustment smaller, or name the guard in `relax`.",
    },
];
