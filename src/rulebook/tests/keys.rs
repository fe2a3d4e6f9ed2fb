//! What a finding says a table takes is what `docs/reference/settings.md` says, and what a misspelt key is taken for.

use super::broken::with;
use crate::rulebook::json_schema::reference::settings;
use crate::rulebook::{Applicability, Loaded};
use std::collections::BTreeSet;

/// The keys after `… takes:` of the finding on the key `zzzzzz`.
fn taken(loaded: &Loaded) -> BTreeSet<String> {
    let finding = loaded.diagnostics.iter().find(|finding| finding.title.starts_with("`zzzzzz` is not"));
    let finding = finding.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics));
    let text = finding.related.iter().find_map(|label| label.text.split_once(" takes: "));
    let (_, keys) = text.unwrap_or_else(|| panic!("{finding:#?}"));
    keys.split(", ").map(|key| key.trim_end_matches(" (required)").to_owned()).collect()
}

#[test]
fn every_list_of_keys_is_complete() {
    let tables = [
        ("guard.NAME", "[guard.x]\nzzzzzz = 1"),
        ("guard.NAME.max_markup", "[guard.x]\nmax_markup = { zzzzzz = 1 }"),
        ("guard.NAME.max_change", "[guard.x]\nmax_change = { zzzzzz = 1 }"),
        ("guard.NAME.announce", "[guard.x]\nannounce = { zzzzzz = 1 }"),
        ("guard.NAME.when", "[guard.x]\nwhen = { zzzzzz = 1 }"),
        ("round.NAME", "[round.x]\nzzzzzz = 1"),
        ("round.NAME.bands", "[round.x]\nbands = [{ zzzzzz = 1 }]"),
        ("rule.NAME", "[rule.x]\nzzzzzz = 1"),
        ("rule.NAME.price", "[rule.x]\nprice = { zzzzzz = 1 }"),
        ("rule.NAME.price.cost-plus", "[rule.x]\nprice = { cost-plus = { zzzzzz = 1 } }"),
        ("rule.NAME.price.fade", "[rule.x]\nprice = { fade = { zzzzzz = 1 } }"),
        ("rule.NAME.price.follow", "[rule.x]\nprice = { follow = { zzzzzz = 1 } }"),
        ("rule.NAME.price.index", "[rule.x]\nprice = { index = { zzzzzz = 1 } }"),
        ("rule.NAME.price.keep", "[rule.x]\nprice = { keep = { zzzzzz = 1 } }"),
        ("rule.NAME.price.markdown", "[rule.x]\nprice = { markdown = { zzzzzz = 1 } }"),
        ("rule.NAME.price.optimise", "[rule.x]\nprice = { optimise = { zzzzzz = 1 } }"),
        ("rule.NAME.price.relative", "[rule.x]\nprice = { relative = { zzzzzz = 1 } }"),
        ("season.NAME", "[season.x]\nzzzzzz = 1"),
        ("season.NAME.when", "[season.x]\nwhen = { zzzzzz = 1 }"),
        ("season.NAME.fitted", "[season.x]\nfitted = { zzzzzz = 1 }"),
        ("stock.NAME", "[stock.x]\nzzzzzz = 1"),
    ];
    let all = settings();
    let mut wrong = Vec::new();
    for (path, text) in tables {
        let below =
            |name: &str| name.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned);
        let documented: BTreeSet<String> =
            all.iter().filter_map(|setting| below(&setting.path)).filter(|key| !key.contains('.')).collect();
        let told = taken(&with(&[("rules/x.toml", text)]));
        if documented != told {
            let (more, less) = (&told - &documented, &documented - &told);
            wrong.push(format!("{path}: not in settings.md {more:?}, not told {less:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_misspelt_where_is_a_where() {
    for (kind, rest) in [
        ("guard", "class = \"safety\"\nmin_margin = \"3%\""),
        ("round", "bands = [{ ends = \"*.99\" }]"),
        ("season", "when = { weekday = \"fri\" }\nadjust = \"+3%\""),
        ("stock", "adjust = \"-3%\""),
    ] {
        for (written, safe) in
            [("wher", kind != "guard" && kind != "season"), ("whre", true), ("Where", true)]
        {
            let text = format!("[{kind}.x]\n{written} = {{ tags = \"kvi\" }}\n{rest}\n");
            let loaded = with(&[("rules/x.toml", &text)]);
            let finding = &loaded.diagnostics[0];
            let offered: Vec<&str> = finding.fixes.iter().map(|fix| &*fix.edits[0].text).collect();
            assert!(finding.code == "E0201" && offered.contains(&"where"), "{kind} {written}: {finding:#?}");
            let is_safe = finding.fixes.iter().any(|fix| fix.applicability == Applicability::Safe);
            assert!(is_safe == (safe && offered == ["where"]), "{kind} {written}: {offered:?}");
        }
    }
}

#[test]
fn a_floor_is_never_turned_into_a_ceiling() {
    for written in ["min_markup", "mix_price", "man_price", "max_margin", "max_contribution"] {
        let text = format!("[guard.x]\nclass = \"safety\"\n{written} = \"5%\"\n");
        let loaded = with(&[("rules/x.toml", &text)]);
        let fixes = &loaded.diagnostics[0].fixes;
        assert!(!fixes.is_empty(), "{written}");
        assert!(fixes.iter().all(|fix| fix.applicability == Applicability::Maybe), "{written}: {fixes:#?}");
    }
}
