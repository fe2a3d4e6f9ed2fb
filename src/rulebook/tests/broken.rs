//! One mistake each: its code, the text it underlines, and nothing else.

use super::{line, shown, underlined};
use crate::rulebook::{Applicability, Files, Loaded, load};

const RULEBOOK: &str = r#"
edition = "2026"
name    = "small"
layers  = ["base", "position"]
[market.DE]
currency = "EUR"
timezone = "Europe/Berlin"
vat      = { standard = "19%", food = "7%" }
[market.KZ]
currency = "KZT"
timezone = "Asia/Almaty"
vat      = { standard = "16%", food = "16%" }
[channel.own]
costs = { payment = "1.4%", cpa = "1.90 EUR" }
[channel.kaspi]
only  = { market = "KZ" }
costs = { commission = "12%" }
[competitors.national]
members = ["alza", "otto"]
"#;
const SCHEMA: &str = r#"
[attr]
sku         = { type = "id" }
category    = { type = "tree" }
brand       = { type = "text" }
tags        = { type = "set", values = ["kvi", "new", "fresh"] }
cost        = { type = "money" }
rrp         = { type = "money", optional = true }
stock_cover = { type = "duration", optional = true }
storage     = { type = "number", optional = true }
recency     = { type = "duration", of = "customer" }
"#;
const RULES: &str = r#"
[rule.plan]
layer = "base"
price = { cost-plus = { margin = "20%" } }
[guard.cap]
class      = "legal"
max_markup = { of = "purchase cost", by = "15%" }
[guard.calm]
class      = "comfort"
max_change = "6%"
"#;
/// The small rulebook with some files replaced or added.
pub(super) fn with(files: &[(&str, &str)]) -> Loaded {
    let base = [("rulebook.toml", RULEBOOK), ("schema.toml", SCHEMA), ("rules/base.toml", RULES)];
    let all = base.iter().chain(files).map(|(path, text)| ((*path).into(), (*text).into()));
    load(Files(all.collect()))
}
/// The rules of a file have exactly one mistake.
#[track_caller]
fn rules(text: &str, code: &str, at: &str) -> Loaded {
    one(with(&[("rules/x.toml", text)]), code, at)
}
/// A rule's `price` has exactly one mistake.
#[track_caller]
pub(super) fn price(price: &str, code: &str, at: &str) -> Loaded {
    rules(&format!("[rule.x]\nlayer = \"position\"\nprice = {{ {price} }}\n"), code, at)
}

/// A guard's line has exactly one mistake.
#[track_caller]
fn guard(body: &str, code: &str, at: &str) -> Loaded {
    rules(&format!("[guard.x]\nclass = \"safety\"\n{body}\n"), code, at)
}

/// A scope has exactly one mistake.
#[track_caller]
fn scope(cells: &str, code: &str, at: &str) -> Loaded {
    guard(&format!("where = {{ {cells} }}\nmin_margin = \"3%\""), code, at)
}

/// The file `rulebook.toml` with one replacement.
#[track_caller]
fn manifest(from: &str, to: &str, code: &str, at: &str) -> Loaded {
    assert!(RULEBOOK.contains(from), "{from}");
    one(with(&[("rulebook.toml", &RULEBOOK.replace(from, to))]), code, at)
}

#[track_caller]
fn schema(added: &str, code: &str, at: &str) -> Loaded {
    one(with(&[("schema.toml", &format!("{SCHEMA}{added}\n"))]), code, at)
}

#[track_caller]
fn one(loaded: Loaded, code: &str, at: &str) -> Loaded {
    assert_eq!(loaded.diagnostics.len(), 1, "{}", shown(&loaded));
    let finding = &loaded.diagnostics[0];
    assert_eq!((finding.code, underlined(&loaded, finding)), (code, at), "{}", line(&loaded, finding));
    assert!(loaded.release.is_none());
    loaded
}

#[test]
fn the_small_rulebook_is_right() {
    let loaded = with(&[]);
    assert_eq!(shown(&loaded), "");
    assert_eq!(loaded.release.unwrap().places.len(), 3);
}

#[test]
fn a_bad_key_is_example_1() {
    let loaded = price(r#"follow = { set = "national", rnak = "lowest", by = "-1%" }"#, "E0201", "rnak");
    let finding = &loaded.diagnostics[0];
    assert_eq!(finding.title, "`rnak` is not a setting of `follow`");
    assert_eq!(finding.primary.text, "unknown setting");
    assert_eq!(finding.related[0].text, "`follow` takes: set (required), rank (required), by");
    assert_eq!(
        finding.notes,
        ["effect: rule `x` is not loaded, so nothing in this rulebook can be published"]
    );
    assert_eq!(finding.fixes[0].title, "did you mean `rank`?");
    assert_eq!(finding.fixes[0].edits[0].text, "rank");
    assert_eq!(finding.fixes[0].applicability, Applicability::Safe);
}

#[test]
fn a_missing_unit_is_example_5() {
    let loaded = guard("min_margin = 20", "E0401", "20");
    let finding = &loaded.diagnostics[0];
    assert_eq!(finding.title, "20 has no unit");
    assert_eq!(finding.primary.text, "a margin is a percent of the net price");
    assert_eq!(finding.fixes[0].title, "write the percent sign");
    assert_eq!(finding.fixes[0].edits[0].text, "\"20%\"");
    assert_eq!(finding.fixes[0].applicability, Applicability::Safe);
    let loaded = guard("min_margin = 0.20", "E0401", "0.20");
    let fixes = &loaded.diagnostics[0].fixes;
    let offers: Vec<&str> = fixes.iter().map(|fix| fix.edits[0].text.as_str()).collect();
    assert_eq!(offers, ["\"20%\"", "\"0.2%\""]);
    assert!(fixes.iter().all(|fix| fix.applicability == Applicability::Maybe));
}

#[test]
fn only_a_whole_number_of_percents_is_one_reading() {
    let offers = |loaded: Loaded, safe: bool| -> Vec<String> {
        let fixes = &loaded.diagnostics[0].fixes;
        assert!(fixes.iter().all(|fix| (fix.applicability == Applicability::Safe) == safe));
        fixes.iter().map(|fix| fix.edits[0].text.clone()).collect()
    };
    for (given, both) in [
        ("1.08", ["\"108%\"", "\"1.08%\""]),
        ("108", ["\"108%\"", "\"1.08%\""]),
        ("1", ["\"100%\"", "\"1%\""]),
    ] {
        assert_eq!(offers(guard(&format!("min_margin = {given}"), "E0401", given), false), both);
    }
    assert_eq!(offers(guard("min_margin = 100", "E0401", "100"), true), ["\"100%\""]);
    assert_eq!(offers(rules("[stock.x]\nadjust = 3", "E0401", "3"), false), ["\"+3%\"", "\"-3%\""]);
    assert_eq!(offers(rules("[stock.x]\nadjust = \"+3\"", "E0401", "+3"), true), ["+3%"]);
    let members = "members = [\"alza\", \"otto\"]";
    let loaded = manifest(members, &format!("{members}\nuse = {{ match = \">= 1\" }}"), "E0401", "1");
    assert_eq!(offers(loaded, false), ["100%", "1%"]);
}

#[test]
fn what_was_typed_the_wrong_way_round_is_offered() {
    let offer = |loaded: Loaded| {
        let fix = &loaded.diagnostics[0].fixes[0];
        (fix.edits[0].text.clone(), fix.applicability == Applicability::Safe)
    };
    let season = |when: &str, code: &str, at: &str| {
        offer(rules(&format!("[season.x]\nadjust = \"+3%\"\nwhen = {{ {when} }}"), code, at))
    };
    let exchanged = |text: &str| (text.to_owned(), false);
    assert_eq!(season("day_of_month = \"8 .. 5\"", "E0708", "8 .. 5"), exchanged("5 .. 8"));
    assert_eq!(
        season("holiday = \"KZ:nauryz\", days = \"+2 .. -7\"", "E0708", "+2 .. -7"),
        exchanged("-7 .. +2")
    );
    let unquoted = offer(guard("min_margin = 5%", "E0101", "5%"));
    assert_eq!(unquoted, ("\"5%\"".to_owned(), true));
}

#[test]
fn units() {
    guard("min_margin = \"20\"", "E0401", "20");
    guard("min_margin = \"16,5%\"", "E0402", "16,5%");
    guard("min_margin = \"100%\"", "E0407", "\"100%\"");
    guard("min_contribution = 5", "E0401", "5");
    guard("min_contribution = \"5 EURO\"", "E0403", "5 EURO");
    guard("min_contribution = \"5 EUR\"", "E0405", "\"5 EUR\"");
    guard("min_contribution = \"5 EUR | 3 EUR\"", "E0403", "3 EUR");
    guard("cooldown = \"18\"", "E0401", "18");
    guard("cooldown = \"18x\"", "E0409", "18x");
    guard("absolute = { EUR = \"1 .. 5\" }", "E0405", "{ EUR = \"1 .. 5\" }");
    guard("max_price = \"105%\"", "E0402", "105%");
    guard("max_price = \"105% of rpr\"", "E0210", "rpr");
    guard("max_price = \"105% of brand\"", "E0219", "brand");
    guard("max_price = \"19.99 EUR net | 9000 KZT\"", "E0901", "19.99 EUR net");
    rules("[stock.x]\nadjust = \"3%\"", "E0404", "3%");
    price("fixed = \"3.999 EUR\"", "E0406", "\"3.999 EUR\"");
    price("cost-plus = { margin = \"0.12345678%\" }", "E0402", "0.12345678%");
}

#[test]
fn zero_needs_no_currency() {
    for zero in ["0", "\"0\"", "\"0 EUR\""] {
        let text = format!(
            "[guard.x]\nclass = \"safety\"\nmin_contribution = {zero}\nwhere = {{ rrp = \"> 0 EUR\" }}"
        );
        assert_eq!(shown(&with(&[("rules/x.toml", &text)])), "", "{zero}");
    }
    let own =
        "[guard.x]\nclass = \"safety\"\nwhere = { market = \"DE\", rrp = \"> 5 EUR\" }\nmin_margin = \"3%\"";
    assert_eq!(shown(&with(&[("rules/x.toml", own)])), "");
}

#[test]
fn cells() {
    scope("brnad = \"Bose\"", "E0210", "brnad");
    scope("tags = \"kvy\"", "E0211", "kvy");
    scope("market = \"DE | FR\"", "E0212", "FR");
    scope("channel = \"kaspy\"", "E0213", "kaspy");
    scope("tags = []", "E0206", "[]");
    scope("stock_cover = \"> 8\"", "E0401", "8");
    scope("stock_cover = 8", "E0401", "8");
    scope("rrp = \"> 5 EUR\"", "E0405", "\"> 5 EUR\"");
    scope("brand = \"a | | b\"", "E0207", "");
    scope("brand = \"> 5\"", "E0207", "> 5");
    scope("brand = 5", "E0202", "5");
    scope("brand = \"a/**\"", "E0207", "a/**");
    scope("storage = \"9 .. 5\"", "E0207", "9 .. 5");
    scope("sku = \"!@tables/x.csv\"", "E0601", "tables/x.csv");
    scope("tags = \"new | !kvy\"", "E0211", "kvy");
    scope("recency = \"< 8w\"", "E0703", "recency");
    scope("segment = \"loyal\"", "E0703", "segment");
    scope("price_index = \"> 100%\"", "E0901", "price_index");
    scope("any = []", "E0206", "[]");
    scope("any = [ { brnad = \"x\" } ]", "E0210", "brnad");
}

#[test]
fn strategies() {
    price("cost-plus = { margin = \"9%\", markup = \"9%\" }", "E0208", "cost-plus");
    price("cost-plus = { }", "E0203", "cost-plus");
    price("folow = { set = \"national\", rank = \"lowest\" }", "E0201", "folow");
    price("follow = { set = \"nationl\", rank = \"lowest\" }", "E0215", "nationl");
    price("follow = { set = \"national\", rank = \"lowst\" }", "E0211", "lowst");
    price("follow = { rank = \"lowest\" }", "E0203", "follow");
    price("keep = {}, use = \"base\"", "E0208", "use");
    price("use = \"position\"", "E0305", "\"position\"");
    price(
        "blend = { keep = { weight = \"50%\" }, use = { weight = \"60%\", layer = \"base\" } }",
        "E0408",
        "{ keep = { weight = \"50%\" }, use = { weight = \"60%\", layer = \"base\" } }",
    );
    price("blend = { keep = { max_age = \"7d\" } }", "E0203", "keep");
    price("", "E0208", "{  }");
}

#[test]
fn rules_name_what_exists() {
    let rule = |rest: &str| format!("[rule.x]\nlayer = \"position\"\nprice = {{ keep = {{}} }}\n{rest}\n");
    rules("[rule.x]\nlayer = \"bse\"\nprice = { keep = {} }", "E0214", "bse");
    rules("[rule.x]\nprice = { keep = {} }", "E0203", "[rule.x]");
    rules(&rule("over = [\"pln\"]"), "E0216", "pln");
    rules(&rule("over = [\"plan\"]"), "E0302", "\"plan\"");
    rules(&rule("over = [\"x\"]"), "E0303", "\"x\"");
    rules(&rule("over = []"), "E0206", "[]");
    rules(&rule("until = 2026-12-01\nrelax = [\"clam\"]"), "E0217", "clam");
    rules(&rule("until = 2026-12-01\nrelax = [\"cap\"]"), "E0503", "\"cap\"");
    rules(&rule("relax = [\"calm\"]"), "E0504", "relax");
    rules(&rule("from = \"2026-11-01\""), "E0202", "\"2026-11-01\"");
    rules(&rule("from = 2026-12-01\nuntil = 2026-11-01"), "E0708", "2026-11-01");
    rules(&rule("from = 2026-03-29T02:30:00"), "E0704", "2026-03-29T02:30:00");
    rules(&rule("else = []"), "E0206", "[]");
    rules(&rule("[rule.x.for.y]\nprice.keep.max_age = \"7d\""), "E0203", "[rule.x.for.y]");
    rules(&rule("[rule.x.for.y]\nwhere = { market = \"DE\" }\nprice.use = \"base\""), "E0208", "use");
    rules("[rule.plan]\nlayer = \"base\"\nprice = { keep = {} }", "E0205", "[rule.plan]");
    rules("[rul.x]\n", "E0201", "rul");
    rules("[promo.x]\n", "E0901", "promo");
    rules("x = ", "E0101", "");
}

#[test]
fn guards_seasons_and_rounding() {
    guard("", "E0505", "[guard.x]");
    guard("min_margn = \"3%\"", "E0201", "min_margn");
    guard("max_markup = { of = \"purchase\", by = \"15%\" }", "E0211", "purchase");
    guard("when = { feed = \"competitors\", age = \"> 48h\" }", "E0203", "when");
    guard("action = \"keep price\"", "E0203", "action");
    guard("max_change = { by = \"2% .. 6%\" }", "E0407", "\"2% .. 6%\"");
    guard("min_margin = \"3%\"\nif_impossible = \"yeild\"", "E0211", "yeild");
    rules("[guard.x]\nclass = \"saftey\"\nmin_margin = \"3%\"", "E0211", "saftey");
    let season = |when: &str| format!("[season.x]\nwhen = {{ {when} }}\nadjust = \"+3%\"");
    rules(&season("weekday = \"fry\""), "E0708", "fry");
    rules(&season("weekday = \"sun\", time = \"02:30 .. 04:00\""), "E0704", "\"02:30 .. 04:00\"");
    rules(&season("holiday = \"KZ:nauryzz\""), "E0710", "KZ:nauryzz");
    rules(&season("days = \"-7 .. +2\""), "E0203", "days");
    rules(&season("day_of_month = \"0 .. 8\""), "E0708", "0 .. 8");
    rules(&season("fitted = true"), "E0201", "fitted");
    let fitted = |settings: &str| format!("[season.x]\nfitted = {{ {settings} }}");
    rules(&fitted("cap = \"5%\""), "E0601", "{ cap = \"5%\" }");
    rules(&fitted("file = \"tables/x.csv\", cap = \"5%\""), "E0601", "\"tables/x.csv\"");
    rules("[season.x]\nadjust = \"+3%\"", "E0203", "[season.x]");
    rules("limit = \"5% .. 10%\"", "E0407", "\"5% .. 10%\"");
    let round = |band: &str| format!("[round.x]\nwhere = {{ market = \"DE\" }}\nbands = [ {band} ]");
    rules(&round("{ ends = \"*.9\" }"), "E0410", "*.9");
    rules(&round("{ ends = \"*.99\" }, { ends = \"*.49\" }"), "E0203", "{ ends = \"*.99\" }");
    rules(&round("{ to = \"10 KZT\", ends = \"*.99\" }"), "E0405", "\"10 KZT\"");
    rules("[round.x]\nway = \"upp\"", "E0211", "upp");
}

#[test]
fn the_manifest() {
    manifest("\"2026\"", "\"2025\"", "E0902", "2025");
    manifest("currency = \"EUR\"", "currency = \"EURO\"", "E0403", "EURO");
    manifest("Europe/Berlin", "Europe/Berln", "E0709", "Europe/Berln");
    manifest("payment = \"1.4%\"", "payment = 1.4", "E0401", "1.4");
    manifest("only  =", "olny  =", "E0201", "olny");
    manifest("commission = \"12%\"", "commission = \"3 EUR\"", "E0402", "3 EUR");
    manifest("members = [\"alza\", \"otto\"]", "members = []", "E0206", "[]");
    manifest(
        "members = [\"alza\", \"otto\"]",
        "members = [\"alza\"]\nuse = { match = \"> 90\" }",
        "E0401",
        "90",
    );
    manifest("[channel.kaspi]", "[channel.kaspi]\nlike = \"owm\"", "E0213", "owm");
    manifest("[channel.kaspi]", "[channel.kaspi]\nlike = \"kaspi\"", "E0303", "\"kaspi\"");
    manifest("[channel.kaspi]", "[channel.kaspi]\nbasket = \"45 EUR\"", "E0405", "\"45 EUR\"");
    manifest("[competitors", "[feed.items]\ncolumns = { costt = \"Cost\" }\n[competitors", "E0210", "costt");
}

#[test]
fn the_schema() {
    schema("name = { type = \"txt\" }", "E0211", "txt");
    schema("stock_units = { type = \"text\" }", "E0707", "\"text\"");
    schema("m = { type = \"percent\", derive = \"(rrp - cost / rrp\" }", "E0705", "");
    schema("m = { type = \"percent\", derive = \"rpr / cost\" }", "E0210", "rpr");
    schema("m = { type = \"number\", derive = \"m + 1\" }", "E0706", "\"m + 1\"");
    let circle = "m = { type = \"number\", derive = \"n + 1\" }\nn = { type = \"number\", derive = \"m\" }";
    schema(circle, "E0706", "\"n + 1\"");
    schema("m = { type = \"text\", derive = \"cost\" }", "E0219", "\"cost\"");
    schema("m = { type = \"percent\", derive = \"brand / cost\" }", "E0705", "brand");
    schema("m = { type = \"text\", values = [] }", "E0206", "[]");
    schema("m = { type = \"number\", range = \"0 .. -8\" }", "E0407", "\"0 .. -8\"");
    schema("any = { type = \"text\" }", "E0707", "any");
}

#[test]
fn a_wrong_market_currency_is_one_finding() {
    let amounts = "[guard.x]\nclass = \"safety\"\nmin_price = \"1 EUR | 500 KZT\"\n[guard.y]\nclass = \"contract\"\nmax_price = \"9000 EUR | 4000000 KZT\"\n";
    let other = RULEBOOK.replace("currency = \"KZT\"", "currency = \"RUB\"");
    let loaded = one(with(&[("rules/x.toml", amounts), ("rulebook.toml", &other)]), "E0405", "\"RUB\"");
    assert_eq!(loaded.diagnostics[0].fixes[0].edits[0].text, "KZT");
}

#[test]
fn one_mistake_is_one_finding() {
    let text = "[guard.x]\nclass = \"safety\"\nwhere = { rrp = \"> 0 EUR\" }\nmax_price = \"105% of rrp\"";
    let schema = format!("{SCHEMA}gap = {{ type = \"percent\", derive = \"cost / rrp\" }}\n");
    let typo = schema.replace("rrp         = { type = \"money\"", "rrp         = { type = \"mony\"");
    one(with(&[("rules/x.toml", text), ("schema.toml", &typo)]), "E0211", "mony");
    let rule = "[rule.x]\nlayer = \"position\"\ntable = \"tables/x.csv\"";
    let table = "category,price.cost-plus.margin\na/**,20%\nb/**,10%\n";
    let loaded = with(&[("rules/x.toml", rule), ("tables/x.csv", table)]);
    let loaded = one(loaded, "E0605", "price.cost-plus.margin");
    assert_eq!(loaded.diagnostics[0].fixes[0].edits[0].text, "set price.cost-plus.margin");
    manifest("currency = \"EUR\"", "currency = \"EURO\"", "E0403", "EURO");
}

#[test]
fn tables() {
    let rows = |csv: &str| {
        let rule = "[rule.x]\nlayer = \"position\"\ntable = \"tables/x.csv\"";
        with(&[("rules/x.toml", rule), ("tables/x.csv", csv)])
    };
    let header = "category,set price.cost-plus.margin";
    assert_eq!(shown(&rows(&format!("{header}\na/**,20%\nb/**,10%\n"))), "");
    let all = rows(&format!("{header}\na/**,20%\n-,10%\n"));
    assert!(shown(&all).starts_with("W0310 rules/base.toml:2:1 `[rule.plan]`") && all.release.is_some());
    one(rows(&format!("{header}\na/**,\"16,5%\"\n")), "E0402", "16,5%");
    one(rows(&format!("{header}\na/**,16,5%\n")), "E0604", "a/**,16,5%");
    one(rows(&format!("{header}\na/**,20\n")), "E0401", "20");
    one(rows(&format!("{header}\n,20%\n")), "E0606", ",20%");
    one(rows("catgory,set price.cost-plus.margin\na/**,20%\n"), "E0210", "catgory");
    one(rows("category,set price.cost-plus.margn\na/**,20%\n"), "E0201", "margn");
    one(
        rows("category;set price.cost-plus.margin\na/**;20%\n"),
        "E0602",
        "category;set price.cost-plus.margin",
    );
    one(
        with(&[("rules/x.toml", "[rule.x]\nlayer = \"base\"\ntable = \"tables/y.csv\"")]),
        "E0601",
        "tables/y.csv",
    );
}

#[test]
fn tests_of_analysts() {
    let test = |from: &str, to: &str, code: &str, at: &str| {
        let text = r#"
[test.a]
at      = 2026-11-18T10:00:00
market  = "DE"
channel = "own"
item    = { sku = "1", category = "a", brand = "b", tags = ["kvi"], cost = "5 EUR" }
expect  = { price = "9.99 EUR" }
"#;
        assert!(text.contains(from));
        one(with(&[("tests/x.toml", &text.replace(from, to))]), code, at);
    };
    test("\"DE\"", "\"FR\"", "E0212", "FR");
    test("\"own\"", "\"ownn\"", "E0213", "ownn");
    test("brand =", "brnd =", "E0210", "brnd");
    test("price =", "prise =", "E0201", "prise");
    test("2026-11-18T10:00:00", "2026-10-25T02:30:00", "E0704", "2026-10-25T02:30:00");
    test("at      =", "att     =", "E0201", "att");
}

#[test]
fn every_mistake_of_a_run_is_found() {
    let loaded = with(&[(
        "rules/x.toml",
        "[guard.a]\nclass = \"safety\"\nmin_margn = \"3%\"\n[guard.b]\nclass = \"x\"\nmin_margin = 3\nwhere = { brnd = \"x\", tags = \"y\" }\n",
    )]);
    let codes: Vec<&str> = loaded.diagnostics.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["E0201", "E0211", "E0401", "E0210", "E0211"], "{}", shown(&loaded));
}

/// The rules of a file have exactly one warning and load.
#[track_caller]
fn warned(cells: &str, code: &str, at: &str) {
    let text = format!("[guard.x]\nclass = \"safety\"\nwhere = {{ {cells} }}\nmin_margin = \"3%\"\n");
    let loaded = with(&[("rules/x.toml", &text)]);
    assert_eq!(loaded.diagnostics.len(), 1, "{}", shown(&loaded));
    let finding = &loaded.diagnostics[0];
    assert_eq!((finding.code, underlined(&loaded, finding)), (code, at));
    assert!(loaded.release.is_some());
}

#[test]
fn cells_that_would_never_match() {
    scope("category = \"audio/*\"", "E0209", "audio/*");
    scope("category = \"!audio/\"", "E0209", "!audio/");
    warned("brand = \"Bose or Sonos\"", "W0207", "Bose or Sonos");
    warned("brand = \"x | Bose,Sonos\"", "W0207", "Bose,Sonos");
    scope("tags = \"kvi, new\"", "E0211", "kvi, new");
    warned("stock_cover = \"8w\"", "W0211", "8w");
    warned("stock_cover = \"!8w\"", "W0211", "!8w");
    for fine in ["stock_cover = \"0d\"", "storage = 256", "brand = \"Major\"", "rrp = \"0\""] {
        let text = format!("[guard.x]\nclass = \"safety\"\nwhere = {{ {fine} }}\nmin_margin = \"3%\"\n");
        assert_eq!(shown(&with(&[("rules/x.toml", &text)])), "");
    }
    let list = "[guard.x]\nclass = \"safety\"\nwhere = { brand = \"x.csv\" }\nmin_margin = \"3%\"\n";
    one(with(&[("rules/x.toml", list), ("tables/x.csv", "brand\nBose\n")]), "E0204", "x.csv");
}

#[test]
fn values_without_effect_or_beyond_belief() {
    let bands = |first: &str| {
        format!(
            "[round.x]\nwhere = {{ market = \"DE\" }}\nbands = [ {{ to = \"{first}\", ends = \"*.99\" }}, {{ to = \"10 EUR\", ends = \"*.49\" }}, {{ ends = \"*9.99\" }} ]"
        )
    };
    rules(&bands("10 EUR"), "E0407", "\"10 EUR\"");
    assert_eq!(shown(&with(&[("rules/x.toml", &bands("9 EUR"))])), "");
    let members = "members = [\"alza\", \"otto\"]";
    let used = |with: &str| format!("{members}\nuse = {{ {with} }}");
    manifest(members, &used("match = \"> 100%\""), "E0407", "\"> 100%\"");
    manifest(members, &used("match = \">= 0%\""), "E0407", "\">= 0%\"");
    manifest(members, &used("at_least = 3"), "E0407", "3");
    let facts = |line: &str| format!("[facts]\n{line}\n[channel.own]");
    manifest("[channel.own]", &facts("cost_change = \"5% .. 9%\""), "E0407", "\"5% .. 9%\"");
    manifest("[channel.own]", &facts("rival = \"110% .. 250%\""), "E0407", "\"110% .. 250%\"");
    manifest("standard = \"19%\"", "standard = \"190%\"", "E0407", "\"190%\"");
    let timezone = "timezone = \"Europe/Berlin\"";
    let landed = format!("{timezone}\nlanded = {{ freight = \"301%\" }}");
    manifest(timezone, &landed, "E0407", "\"301%\"");
    let rule =
        "[rule.x]\nlayer = \"position\"\nwhere = { tags = \"kvi\" }\nprice.fixed.table = \"tables/x.csv\"";
    let table = "sku,set price.fixed\na,3.99 EUR | 900 KZT\nb,3.99 EUR\n";
    let loaded = with(&[("rules/x.toml", rule), ("tables/x.csv", table)]);
    assert!(loaded.release.is_some());
    let found: Vec<_> =
        loaded.diagnostics.iter().map(|finding| (finding.code, underlined(&loaded, finding))).collect();
    assert_eq!(found, [("W0405", "3.99 EUR")]);
}
