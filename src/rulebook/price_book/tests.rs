//! The price book of Orda, and what a hostile rulebook cannot do to it.

use super::*;
use crate::rulebook::{Files, load};

fn orda() -> Files {
    Files::read_dir(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda")).unwrap()
}

#[test]
fn every_entry_is_told_in_words() {
    let loaded = load(orda());
    let book = PriceBook::new(&loaded).unwrap();
    let text = book.text();
    for sentence in [
        "kvi-follow (layer position, owner anna.k)  rules/strategy.toml:16",
        "15% under the price of its `twin`. Without that: cost plus, margin 24%",
        "40% of the price that surely (75%) earns more profit, at most 8% from today's, if weeks of sales >= 26, if interval <= 2.0",
        "what layer `position` says, -12% at first and +0% after 8w on sale",
        "down a curve of 5 rows until 2027-01-31, a unit left over brings 30% of cost",
        "Why: Shoppers know these prices: stay just under the cheapest credible rival",
        "For items with tags with kvi: 1% under the lowest price of the rivals `national`. Without that: the current price, \
         not older than 1w, else what layer `base` says.",
        "kvi-follow.for.kz: [KZ/own, KZ/app, KZ/kaspi, KZ/dropship]",
        "plan#4: For items with category electronics/phones/**: cost plus, margin 9%.",
        "108% of the median price of the rivals `national`",
        "from 2026-11-23 until 2026-11-30: the printed price of the item's row, one of 2.",
        "It gives up the guards",
        "-30% for items with",
        "Together they stay between -30% and +10%.",
        "at most 105% of rrp",
        "when the rivals' offers it rests on are more than 48h old",
        "plan#8: [KZ/own, KZ/app, KZ/kaspi, KZ/dropship] For items with category grocery/staples/**: cost plus, margin 14%. (the",
        "plan (layer base, owner finance)  tables/plan_margins.csv:2\n  Why: Category margin plan 2026-H2, memo 14\n",
        "to the nearest *.*9 below 10.00 EUR, *.99 | *.49 below 100.00 EUR, *4.99 | *9.99 above.",
        "AUD-0017 in KZ/kaspi: price 210990 KZT; won premium-audio",
        "DE: alza, kaufl, mediam, otto",
    ] {
        assert!(text.contains(sentence), "{sentence}\n---\n{text}");
    }
    // Nothing that the rulebook has is left out.
    for (kind, label) in loaded.origins.0.keys().filter(|(kind, _)| *kind != "segment") {
        assert!(*label == "plan".into() || text.contains(&**label), "{kind} {label}");
    }
}

#[test]
fn amounts_are_told_in_full_and_costs_completely() {
    let mut files = orda();
    let manifest = files.get("rulebook.toml").unwrap().replacen(
        "[competitors.",
        "[competitors.other]\nmembers = [\"alza\", \"me\"]\nown = [\"me\"]\n\n[competitors.",
        1,
    );
    let returns = "returns = { rate = \"8%\", reverse = \"3.50 EUR\", salvage = \"70%\" }\nbasket =";
    let manifest = manifest.replacen("basket =", returns, 1);
    files.0.insert("rulebook.toml".into(), manifest.into());
    let guard = "[guard.tiny]\nclass = \"safety\"\nmin_contribution = \"0.005 EUR | 1 KZT\"\n";
    files.0.insert("rules/tiny.toml".into(), guard.into());
    let loaded = load(files);
    let text = PriceBook::new(&loaded).unwrap().text();
    for sentence in [
        "a unit contribution of 0.005 EUR at least",
        "alza. Our own shops, never rivals: me. An offer counts",
        "Landed costs are ",
        "A converted cost is taken ",
        "An exchange rate older than ",
        "of the units come back: bringing one back costs ",
        "The usual order is worth ",
        "The supplier's cost counts.",
    ] {
        assert!(text.contains(sentence), "{sentence}\n---\n{text}");
    }
}

#[test]
fn a_page_is_one_file_without_scripts_and_what_is_written_stays_text() {
    let mut files = orda();
    let rules = files
        .get("rules/strategy.toml")
        .unwrap()
        .replace("Phones: mostly market-led", "<script>alert('x')</script> & `<img src=x>");
    files.0.insert("rules/strategy.toml".into(), rules.into());
    let html = PriceBook::new(&load(files)).unwrap().html();
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; `&lt;img src=x&gt;"));
    for absent in ["<script", "<img", "http:", "https:", "src=\"", "<link"] {
        assert!(!html.contains(absent), "{absent}");
    }
    assert!(html.contains("width=device-width"));
    for tag in ["article", "section", "ul", "li", "h3", "code", "span"] {
        let (open, close) =
            (html.matches(&format!("<{tag}")).count(), html.matches(&format!("</{tag}>")).count());
        assert_eq!(open - if tag == "li" { html.matches("<link").count() } else { 0 }, close, "{tag}");
    }
}

#[test]
fn a_rulebook_with_errors_has_no_price_book() {
    let mut files = orda();
    files.0.insert("rules/strategy.toml".into(), "[rule.x]\n".into());
    assert!(PriceBook::new(&load(files)).is_none());
}
