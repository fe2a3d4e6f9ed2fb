//! What is certain to hold for nothing, to stop everything or to do nothing is said; its nearest neighbor is not.

use super::broken::with;

/// The codes that a rule file adds to the small rulebook.
fn codes(text: &str) -> Vec<&'static str> {
    with(&[("rules/x.toml", text)]).diagnostics.iter().map(|finding| finding.code).collect()
}

fn guard(lines: &str) -> String {
    format!("[guard.x]\nclass = \"legal\"\n{lines}\n")
}

#[test]
fn scopes_that_nobody_is_inside() {
    for cells in [
        "category = [\"a/**\", \"b/**\"]",
        "tags = [\"kvi\", \"!kvi\"]",
        "rrp = [\"< 10 EUR | < 5000 KZT\", \"> 20 EUR | > 9000 KZT\"]",
        "cost = \"?\"",
        "market = \"DE\", channel = \"kaspi\"",
        "any = [{ category = [\"a/**\", \"b/**\"] }, { tags = [\"kvi\", \"!kvi\"] }]",
    ] {
        let found = codes(&guard(&format!("where = {{ {cells} }}\nmin_change = \"1%\"")));
        assert_eq!(found, ["E0506"], "{cells}");
        let rule =
            format!("[rule.x]\nlayer = \"position\"\nwhere = {{ {cells} }}\nprice = {{ keep = {{}} }}\n");
        assert_eq!(codes(&rule), ["W0310"], "{cells}");
        let stock = format!("[stock.x]\nwhere = {{ {cells} }}\nadjust = \"-3%\"\n");
        assert_eq!(codes(&stock), ["W0314"], "{cells}");
        let round = format!("[round.x]\nwhere = {{ {cells} }}\n");
        assert_eq!(codes(&round), ["W0314"], "{cells}");
    }
    for cells in [
        "category = [\"a/**\", \"a/b/**\"]",
        "category = \"a/** | b/**\"",
        "tags = [\"kvi\", \"new\"]",
        "rrp = [\"> 10 EUR | > 5000 KZT\", \"< 20 EUR | < 9000 KZT\"]",
        "rrp = \"?\"",
        "cost = \"**\"",
        "market = \"KZ\", channel = \"kaspi\"",
        "any = [{ category = [\"a/**\", \"b/**\"] }, { tags = \"kvi\" }]",
    ] {
        let found = codes(&guard(&format!("where = {{ {cells} }}\nmin_change = \"1%\"")));
        assert!(found.is_empty(), "{cells}: {found:?}");
    }
}

#[test]
fn an_overlay_is_a_part_of_its_parent() {
    let overlay = |branch: &str| {
        guard(&format!(
            "where = {{ category = \"a/**\" }}\nmin_margin = \"3%\"\n[guard.x.for.y]\nwhere = {{ category = \"{branch}\" }}\nmin_margin = \"2%\""
        ))
    };
    assert_eq!(codes(&overlay("b/**")), ["E0506"]);
    assert!(codes(&overlay("a/b/**")).is_empty());
    let loaded = with(&[("rules/x.toml", &overlay("b/**"))]);
    let finding = &loaded.diagnostics[0];
    assert_eq!(finding.title, "guard `x.for.y` can hold for no item");
    assert!(finding.notes.iter().any(|note| note.contains("a part of its parent's scope")), "{finding:#?}");
}

#[test]
fn guards_that_stop_every_price() {
    let calm = "[guard.calm]\nclass = \"comfort\"\nmax_change = \"6%\"\n";
    let with_calm = |guard: &str| {
        let rules = format!("[rule.plan]\nlayer = \"base\"\nprice = {{ keep = {{}} }}\n{guard}");
        let loaded = with(&[("rules/base.toml", &rules)]);
        loaded.diagnostics.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let least = |by: &str, cells: &str| {
        with_calm(&format!("{calm}[guard.least]\nclass = \"comfort\"\n{cells}\nmin_change = \"{by}\"\n"))
    };
    assert_eq!(least("6%", ""), ["W0507"]);
    assert_eq!(least("7%", "where = { tags = \"kvi\" }"), ["W0507"]);
    assert!(least("5%", "").is_empty());
    // An overlay of the other guard lets these move further.
    let wider = format!("{calm}[guard.calm.for.kvi]\nwhere = {{ tags = \"kvi\" }}\nmax_change = \"20%\"\n");
    let both = format!(
        "{wider}[guard.least]\nclass = \"comfort\"\nwhere = {{ tags = \"kvi\" }}\nmin_change = \"7%\"\n"
    );
    assert!(with_calm(&both).is_empty(), "{:?}", with_calm(&both));
    assert_eq!(with_calm("[guard.still]\nclass = \"comfort\"\nmax_change = \"0%\"\n"), ["W0507"]);
    let dated =
        "[guard.still]\nclass = \"comfort\"\nmax_change = \"0%\"\nfrom = 2026-12-01\nuntil = 2027-01-01\n";
    assert!(with_calm(dated).is_empty());
    let missing = |cells: &str| codes(&guard(&format!("where = {{ {cells} }}\nmax_price = \"105% of rrp\"")));
    assert_eq!(missing("rrp = \"?\""), ["W0508"]);
    assert!(missing("rrp = \"** | ?\"").is_empty() && missing("rrp = \"**\"").is_empty());
}

#[test]
fn settings_that_do_nothing() {
    let rule = |lines: &str| {
        codes(&format!("[rule.x]\nlayer = \"position\"\nwhere = {{ tags = \"kvi\" }}\n{lines}\n"))
    };
    let follow =
        |rank: &str| format!("{{ follow = {{ set = \"national\", rank = \"{rank}\", by = \"-1%\" }} }}");
    assert_eq!(rule(&format!("price = {}", follow("third"))), ["W0411"]);
    assert!(rule(&format!("price = {}", follow("second"))).is_empty());
    assert_eq!(rule(&format!("price = {0}\nelse = {0}", follow("lowest"))), ["W0205"]);
    assert!(rule(&format!("price = {}\nelse = {}", follow("lowest"), follow("median"))).is_empty());
    assert_eq!(rule("price = { keep = { max_age = \"0s\" } }"), ["W0407"]);
    assert_eq!(codes(&guard("cooldown = \"0s\"")), ["W0407"]);
    assert_eq!(codes(&guard("max_change = { by = \"6%\", per = \"0s\" }")), ["W0407"]);
    let season = |when: &str| codes(&format!("[season.x]\nwhen = {{ {when} }}\nadjust = \"+3%\"\n"));
    assert_eq!(season("day_of_month = \"31\", dates = \"04-01 .. 04-30\""), ["W0315"]);
    assert_eq!(season("weekday = \"sun\", dates = \"2026-12-24\""), ["W0315"]);
    assert!(season("day_of_month = \"30\", dates = \"04-01 .. 04-30\"").is_empty());
    assert!(season("day_of_month = \"29\", dates = \"02-29\"").is_empty());
    assert!(season("weekday = \"thu\", dates = \"2026-12-24\"").is_empty());
    let window = "[season.x]\nfrom = 2026-05-01\nuntil = 2026-06-01\nwhen = { dates = \"04-01 .. 04-29\" }\nadjust = \"+3%\"\n";
    assert_eq!(codes(window), ["W0315"]);
    let round = |to: &str| {
        codes(&format!(
            "[round.x]\nwhere = {{ market = \"DE\" }}\nbands = [ {{ to = \"{to}\", ends = \"*90\" }}, {{ ends = \"*9.99\" }} ]\n"
        ))
    };
    assert_eq!(round("90 EUR"), ["W0412"]);
    assert!(round("90.01 EUR").is_empty());
}
