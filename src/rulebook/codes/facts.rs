//! Facts, formulas, dates.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "E0703",
        title: "a fact of the customer used for items",
        why: "Shelf prices are the same for everybody: facts of customers belong to segments.",
        wrong: "where = { recency = \"< 8w\" }",
        right: "where = { stock_cover = \"< 8w\" }",
        cure: "Use the fact in `[segment.X]`, or another fact here.",
    },
    Entry {
        code: "E0704",
        title: "a time that the clock skips or shows twice",
        why: "When summer time begins or ends, this local time does not exist or exists twice in the market.",
        wrong: "from = 2026-03-29T02:30:00",
        right: "from = 2026-03-29T04:00:00",
        cure: "Take another time.",
    },
    Entry {
        code: "E0705",
        title: "a formula that cannot be read",
        why: "A formula has + - * / ( ), net(), gross(), numbers and names of attributes.",
        wrong: "m = { type = \"percent\", derive = \"(rrp - cost / rrp\" }",
        right: "m = { type = \"percent\", derive = \"(rrp - cost) / rrp\" }",
        cure: "Correct the formula; most often a bracket is missing.",
    },
    Entry {
        code: "E0706",
        title: "a formula that needs itself",
        why: "A fact that is derived from itself has no value.",
        wrong: "m = { type = \"number\", derive = \"m + 1\" }",
        right: "m = { type = \"number\", derive = \"storage + 1\" }",
        cure: "Break the circle.",
    },
    Entry {
        code: "E0707",
        title: "an attribute with a meaning of its own",
        why: "The engine itself uses this name, so its type is fixed.",
        wrong: "stock_units = { type = \"text\" }",
        right: "stock_units = { type = \"number\" }",
        cure: "Write the type that is named, or take another name.",
    },
    Entry {
        code: "E0708",
        title: "a date, day or time that cannot be",
        why: "The window would never be open, or the day does not exist.",
        wrong: "until = 2026-11-01",
        right: "until = 2026-12-31",
        cure: "Correct it; `until` comes after `from`, and the last day is not included.",
    },
    Entry {
        code: "E0709",
        title: "a time zone that does not exist",
        why: "Dates begin and end at local midnight of the market.",
        wrong: "timezone = \"Europe/Berln\"",
        right: "timezone = \"Europe/Berlin\"",
        cure: "Take a name of the IANA list, such as `Europe/Berlin`.",
    },
    Entry {
        code: "E0710",
        title: "a holiday that is not known",
        why: "The season would never be open.",
        wrong: "when = { holiday = \"KZ:nauryzz\" }",
        right: "when = { holiday = \"KZ:nauryz\" }",
        cure: "Take a name of the calendars, or add it to `tables/holidays.csv`.",
    },
];
