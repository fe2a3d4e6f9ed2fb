//! What is fuzzed: each target takes any bytes and panics if a promise is broken. The same functions run on
//! `fuzz/findings` in `cargo test`, so that what was found once stays found.

use pricer::facts::{parse_duration, parse_instant, parse_money, parse_percent};
use pricer::money::{Amount, Ratio};
use pricer::pricing::Release;
use pricer::rulebook::{Files, Loaded, Severity, load};
use pricer::service::answer::{Desk, quote};
use pricer::service::proto::QuotePriceRequest;
use pricer::service::state::Serving;
use pricer::service::token::Keys;
use pricer::service::{Clock, Folder, Source, lock};
use prost::Message as _;
use std::sync::{Arc, OnceLock};

type Target = fn(&[u8]);

pub const TARGETS: [(&str, Target); 5] =
    [("number", number), ("cell", cell), ("rulebook", rulebook), ("csv", csv), ("request", request)];

/// `-?\d{1,15}(\.\d{1,9})?`, at most `places` decimals: written without the parser.
fn is_number(text: &str, places: usize) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=15).contains(&whole.len())
        && all_digits(whole)
        && decimals.is_none_or(|rest| (1..=places).contains(&rest.len()) && all_digits(rest))
}

/// Numbers are read by their grammar, and what was read is written so that it is read again.
pub fn number(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Amount::parse(text) {
        Ok(amount) => {
            assert!(is_number(text, 6), "{text:?} was read as {amount}");
            assert_eq!(Amount::parse(&amount.to_string()).ok(), Some(amount), "{text:?}");
        }
        // Up to 15 digits fit unless they are too large.
        Err(_) => assert!(!is_number(text, 6) || 12 < text.len(), "{text:?} was refused"),
    }
    match Ratio::parse(text) {
        Ok(ratio) => {
            assert!(is_number(text, 9), "{text:?} was read as {ratio}");
            assert_eq!(Ratio::parse(&ratio.to_string()).ok(), Some(ratio), "{text:?}");
        }
        Err(_) => assert!(!is_number(text, 9) || 9 < text.len(), "{text:?} was refused"),
    }
    let _ = (parse_money(text), parse_percent(text), parse_duration(text), parse_instant(text));
}

const RULEBOOK: &str = "edition = \"2026\"\nname = \"fuzz\"\nlayers = [\"base\"]\n[market.DE]\ncurrency = \"EUR\"\n\
    timezone = \"Europe/Berlin\"\nvat = { standard = \"19%\" }\n[channel.own]\n";
const SCHEMA: &str = "[attr]\nsku = { type = \"id\" }\ncost = { type = \"money\", basis = \"net\" }\n\
    brand = { type = \"text\", optional = true }\ntags = { type = \"set\", optional = true }\n\
    age = { type = \"duration\", optional = true }\ncategory = { type = \"tree\", optional = true }\n\
    rrp = { type = \"money\", basis = \"gross\", optional = true }\n";
const RULES: &str = "[rule.plus]\nlayer = \"base\"\nowner = \"anna\"\nwhy = \"w\"\n\
    price = { cost-plus = { markup = \"50%\" } }\n[guard.sane]\nclass = \"safety\"\nwhy = \"w\"\n\
    absolute = { EUR = \"0.10 .. 100000\" }\n";

/// Loads a rulebook. Whatever it holds: no panic, and no release without saying why.
fn check(rules: &str) -> Loaded {
    let files = [("rulebook.toml", RULEBOOK), ("schema.toml", SCHEMA), ("rules/all.toml", rules)];
    let files = files.map(|(path, text)| (path.into(), text.into()));
    let loaded = load(Files(files.into()));
    let has_errors = loaded.diagnostics.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(loaded.release.is_none(), has_errors);
    for finding in &loaded.diagnostics {
        let span = &finding.primary.span;
        let (line, column) = loaded.files.line_column(&span.file, span.start);
        assert!(0 < line && 0 < column);
    }
    loaded
}

/// Cells in scopes and tables.
pub fn cell(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let quoted = format!("{text:?}").replace("\\u{", "\\\\u{").replace("\\'", "'").replace("\\0", "0");
    check(&format!(
        "{RULES}[rule.cells]\nlayer = \"base\"\nowner = \"a\"\nwhy = \"w\"\nover = [\"plus\"]\n\
         where = {{ brand = {quoted}, tags = {quoted}, age = {quoted}, category = {quoted}, rrp = {quoted} }}\n\
         price = {{ cost-plus = {{ markup = {quoted} }} }}\n"
    ));
}

/// A whole rule file.
pub fn rulebook(bytes: &[u8]) {
    check(&String::from_utf8_lossy(bytes));
}

fn release() -> Arc<Release> {
    static RELEASE: OnceLock<Arc<Release>> = OnceLock::new();
    RELEASE.get_or_init(|| check(RULES).release.expect("the rulebook is right")).clone()
}

/// A feed of items: rows are read or quarantined, none is lost.
pub fn csv(bytes: &[u8]) {
    let path = std::env::temp_dir().join(format!("pricer-fuzz-{}.csv", std::process::id()));
    std::fs::write(&path, bytes).expect("a temporary file");
    if let Ok((items, account)) = pricer::batch::load_items(&path, &release()) {
        let kept = items.len() + account.quarantined.len();
        assert!(account.rows <= kept as u64, "{} rows, {kept} of them accounted for", account.rows);
    }
    let _ = (pricer::batch::load_offers(&path, &release()), pricer::batch::load_rates(&path));
}

/// A request as it comes off the wire: an answer with a price inside its range, or a refusal of the table.
pub fn request(bytes: &[u8]) {
    static SERVING: OnceLock<Serving> = OnceLock::new();
    let serving = SERVING.get_or_init(serving);
    static DESK: OnceLock<Desk> = OnceLock::new();
    let desk = DESK.get_or_init(|| Desk {
        clock: Clock { fixed: Some(1_795_003_200) },
        keys: Arc::new(Keys::random().expect("randomness")),
        validity: 900,
    });
    let Ok(request) = QuotePriceRequest::decode(bytes) else { return };
    match quote(serving, request, desk) {
        Ok(decision) => {
            let gross = decision.price.expect("a price").gross.expect("an amount");
            assert!(0 <= gross.units && (0, 0) < (gross.units, gross.nanos) && gross.nanos % 10_000_000 == 0);
            let low = (gross.units, gross.nanos) < (0, 100_000_000);
            assert!(!low && gross.units <= 100_000, "{gross:?} is outside what the guard allows");
        }
        Err(failure) => {
            assert!(failure.condition.row().1 != "INTERNAL", "{failure:?}");
        }
    }
}

fn serving() -> Serving {
    let folder = std::env::temp_dir().join(format!("pricer-fuzz-{}", std::process::id()));
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&folder)).expect("a temporary folder");
        std::fs::write(path, text).expect("a temporary file");
    };
    for (path, text) in [
        ("rulebook.toml", RULEBOOK),
        ("schema.toml", SCHEMA),
        ("rules/all.toml", RULES),
        ("feeds/items.csv", "sku,cost\nA,10.00 EUR\nB,0.01 EUR\n"),
    ] {
        write(path, text);
    }
    let source =
        Folder { rulebook: folder.clone(), items: Some(folder.join("feeds/items.csv")), ..Folder::default() };
    let loaded = source.compile(source.read().expect("files"));
    let release = loaded.release.clone().expect("a release");
    let facts = source.facts(&release).expect("facts").facts;
    let counts = lock::Counts::of(&loaded, &release);
    let _ = std::fs::remove_dir_all(&folder);
    Serving::new(release, facts, counts)
}
