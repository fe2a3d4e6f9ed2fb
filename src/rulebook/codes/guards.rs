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
        code: "W0502",
        title: "a guard that always holds an adjustment back",
        why: "The adjustment asks for more than the guard allows at a time, so it never acts in full.",
        wrong: "adjust = \"-30%\"",
        right: "adjust = \"-5%\"",
        cure: "Widen the guard, make the adjustment smaller, or name the guard in `relax`.",
    },
];
