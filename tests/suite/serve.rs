//! `pricer serve` and `pricer quote` as they are run: the binary, real files, real signals.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PRICER: &str = env!("CARGO_BIN_EXE_pricer");
pub const PATIENCE: Duration = Duration::from_secs(60);

const RULEBOOK: &str = r#"
edition = "2026"
name = "corner-shop"
layers = ["base"]
[market.DE]
currency = "EUR"
timezone = "Europe/Berlin"
vat = { standard = "19%" }
[channel.own]
"#;

const SCHEMA: &str = r#"
[attr]
sku = { type = "id" }
cost = { type = "money", basis = "net" }
"#;

/// Valid TOML at every line's end: cut anywhere between the guards, it loses one without a mark.
pub const RULES: &str = r#"
[rule.plus]
layer = "base"
owner = "anna"
why = "so much on top"
price = { cost-plus = { markup = "50%" } }

[guard.sane]
class = "safety"
why = "a misplaced point must not become a price"
absolute = { EUR = "0.10 .. 100000" }

[guard.earn]
class = "safety"
why = "nothing below cost"
min_margin = "0%"
"#;

const ITEMS: &str = "sku,cost\nA,10.00 EUR\nB,12.50 EUR\n";

/// A served folder; killed when dropped.
pub struct Served {
    pub folder: tempfile::TempDir,
    child: Child,
    pub addr: String,
    metrics: String,
}

pub fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

impl Served {
    pub fn start() -> Self {
        Self::start_with(RULEBOOK)
    }

    /// Resident memory, as the system tells it.
    pub fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.unwrap_or(" unknown").trim().to_owned()
    }

    pub fn start_with(rulebook: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("rulebook.toml", rulebook),
            ("schema.toml", SCHEMA),
            ("rules/all.toml", RULES),
            ("feeds/items.csv", ITEMS),
        ] {
            write(folder.path(), path, text);
        }
        let mut child = Command::new(PRICER)
            .args(["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--rulebook"])
            .arg(folder.path())
            .arg("--items")
            .arg(folder.path().join("feeds/items.csv"))
            // A busy machine is no reason to turn a test away.
            .env("PRICER_LIMITS_QUEUE_AGE", "30s")
            .env("PRICER_LIMITS_BATCH_QUEUE_AGE", "30s")
            .env("PRICER_LIMITS_QUOTE_DEADLINE", "30s")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut value_of = |key: &str| {
            let line = lines.find_map(|line| line.unwrap().strip_prefix(key).map(str::to_owned));
            line.unwrap_or_else(|| panic!("no line `{key}`"))
        };
        let addr = value_of("listening grpc://");
        let addr = format!("http://{}", addr.split_whitespace().next().unwrap());
        let metrics = value_of("metrics   http://").trim_end_matches("/metrics").to_owned();
        // What comes later must not block the service.
        std::thread::spawn(move || lines.count());
        Self { folder, child, addr, metrics }
    }

    fn quote(&self, arguments: &[&str]) -> Output {
        Command::new(PRICER)
            .args(["quote", "--market", "DE", "--channel", "own", "--addr", &self.addr])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// The price of `A` and the release it is from.
    pub fn price(&self) -> (String, String) {
        let answer = self.quote(&["A", "--format", "json"]);
        let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (text(&answer["price"]["amount"]), text(&answer["release"]))
    }

    pub fn metric(&self, name: &str) -> f64 {
        use std::io::Write as _;
        let mut stream = std::net::TcpStream::connect(&self.metrics).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap().parse().unwrap()
    }

    pub fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !holds(self) {
            assert!(begin.elapsed() < PATIENCE, "{what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks it to end, and gives its exit code and log.
    pub fn end(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (status.code(), log)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_quote_is_asked_and_answered_from_the_command_line() {
    let served = Served::start();
    let known = served.quote(&["A"]);
    assert!(known.status.success(), "{known:?}");
    let text = String::from_utf8(known.stdout).unwrap();
    assert!(text.starts_with("17.85 EUR   A in DE, own"), "{text}");
    let inline =
        served.quote(&["New", "--fact", "cost=20 EUR", "--rival", "alza 35.00 EUR 99% 6h", "--explain"]);
    let text = String::from_utf8(inline.stdout).unwrap();
    assert!(inline.status.success() && text.contains("35.70"), "{text}");

    let unknown = served.quote(&["Z"]);
    let text = String::from_utf8(unknown.stderr).unwrap();
    assert_eq!(unknown.status.code(), Some(2), "as in `explain`");
    assert!(text.contains("error[ITEM_NOT_FOUND]") && text.contains("--fact"), "{text}");
    let twice = served.quote(&["Z", "--fact", "cost=1 EUR", "--fact", "cost=2 EUR"]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(String::from_utf8(twice.stderr).unwrap().contains("`cost` is given twice"));
    let wrong = served.quote(&["Z", "--fact", "cots=1 EUR"]);
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text.contains("item_facts.attributes[\"cots\"]") && text.contains("item_facts.cost"), "{text}");

    let addr = served.addr.clone();
    let (code, log) = served.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
    let gone = Command::new(PRICER)
        .args(["quote", "A", "--market", "DE", "--channel", "own", "--addr", &addr])
        .output()
        .unwrap();
    let text = String::from_utf8(gone.stderr).unwrap();
    assert_eq!(gone.status.code(), Some(1));
    assert!(text.contains("pricer serve --rulebook"), "{text}");
}

#[test]
fn many_quotes_tokens_and_changes_from_the_command_line() {
    let served = Served::start();
    let several = served.quote(&["A", "Z", "B"]);
    let text = String::from_utf8(several.stdout).unwrap();
    assert_eq!(several.status.code(), Some(3), "some have no price: {text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("17.85 EUR") && lines[1].contains("ITEM_NOT_FOUND"), "{text}");
    write(served.folder.path(), "feeds/wanted.csv", "sku,channel\nA,own\nB,\n");
    let file = served.folder.path().join("feeds/wanted.csv").display().to_string();
    let batch = served.quote(&["--batch", &file, "--format", "json"]);
    assert!(batch.status.success(), "{batch:?}");
    let text = String::from_utf8(batch.stdout).unwrap();
    let prices: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["price"]["amount"].clone())
        .collect();
    assert_eq!(prices, ["17.85", "22.31"]);

    let quoted = served.quote(&["A", "--token", "--format", "json"]);
    let quoted: serde_json::Value = serde_json::from_slice(&quoted.stdout).unwrap();
    let token = quoted["quote_token"].as_str().unwrap();
    let verified = served.quote(&["--verify", token]);
    let text = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && text.starts_with("17.85 EUR   A in DE, own"), "{text}");
    let forged = served.quote(&["--verify", &token.replace("v1.", "v2.")]);
    let text = String::from_utf8(forged.stderr).unwrap();
    assert_eq!(forged.status.code(), Some(2));
    assert!(text.contains("QUOTE_TOKEN_INVALID") && text.contains("--token"), "{text}");

    let mut watching = Command::new(PRICER)
        .args(["watch", "A", "Z", "--market", "DE", "--channel", "own", "--every", "1s", "--count", "3"])
        .args(["--addr", &served.addr])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let first = [lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap()];
    assert!(first[0].contains("17.85 EUR") && first[1].contains("ITEM_NOT_FOUND"), "{first:?}");
    write(served.folder.path(), "rules/all.toml", &RULES.replace("50%", "100%"));
    let changed = lines.next().unwrap().unwrap();
    assert!(changed.contains("23.80 EUR"), "{changed}");
    assert!(watching.wait().unwrap().success());
    // A market that the rulebook does not have does not come by waiting.
    let lost = Command::new(PRICER)
        .args(["watch", "A", "--market", "XX", "--channel", "own", "--every", "1s", "--addr", &served.addr])
        .output()
        .unwrap();
    assert_eq!(lost.status.code(), Some(2), "{lost:?}");
}

#[test]
fn a_file_cut_in_half_changes_nothing_but_a_warning_and_a_metric() {
    let served = Served::start();
    let before = served.price();
    assert_eq!(before.0, "17.85");
    let failures = "pricer_rulebook_reload_failures_total";
    // In the middle of a line; then before the second guard, where what is left is a valid rulebook.
    let cuts = ["why = \"nothing", "[guard.earn]"];
    for (cut, count) in cuts.into_iter().zip([1.0, 2.0]) {
        let half = RULES.split_once(cut).unwrap().0.to_owned() + if count == 1.0 { cut } else { "" };
        write(served.folder.path(), "rules/all.toml", &half);
        served.until("the cut file is not noticed", |served| served.metric(failures) == count);
        assert_eq!(served.metric("pricer_rulebook_reload_success"), 0.0);
        assert_eq!(served.price(), before);
    }
    write(served.folder.path(), "rules/all.toml", &RULES.replace("50%", "100%"));
    served.until("the whole file is not served", |served| served.price().0 == "23.80");
    assert_eq!(served.metric("pricer_rulebook_reload_success"), 1.0);
    let (code, log) = served.end();
    assert_eq!(code, Some(0));
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("\"WARN\"")).collect();
    assert_eq!(warnings.len(), 2, "{log}");
    assert!(warnings[0].contains("rules/all.toml:") && warnings[1].contains("1 of 2 guards"), "{log}");
}

#[test]
fn a_file_that_lost_rules_or_tests_needs_a_lock() {
    const MORE: &str = r#"
[rule.books]
layer = "base"
owner = "anna"
why = "books are dearer"
where = { sku = "B" }
over = ["plus"]
price = { cost-plus = { markup = "60%" } }
"#;
    let served = Served::start();
    let failures = "pricer_rulebook_reload_failures_total";
    let before = served.price();
    // More may come without a lock.
    write(served.folder.path(), "rules/strategy.toml", MORE);
    served.until("more rules are not served", |served| served.price().1 != before.1);
    let full = served.price();
    // Cut before `[rule.books]`: an empty file is valid, and one rule is lost.
    write(served.folder.path(), "rules/strategy.toml", "\n");
    served.until("the cut file is not noticed", |served| served.metric(failures) == 1.0);
    assert_eq!(served.price(), full);
    let locked = Command::new(PRICER).arg("check").arg(served.folder.path()).arg("--lock").output().unwrap();
    assert!(locked.status.success(), "{locked:?}");
    served.until("the locked rulebook is not served", |served| served.price().1 != full.1);
    assert_eq!(served.metric("pricer_rulebook_reload_success"), 1.0);
    let (code, log) = served.end();
    assert_eq!(code, Some(0));
    let warning = log.lines().find(|line| line.contains("\"WARN\"")).unwrap();
    assert!(
        warning.contains("only 1 of 2 rules of") && warning.contains("run `pricer check DIR --lock`"),
        "{log}"
    );
}

#[test]
fn addresses_that_others_can_reach_are_refused() {
    for option in ["--listen", "--metrics"] {
        let refused =
            Command::new(PRICER).args(["serve", "--rulebook", ".", option, "0.0.0.0:0"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8(refused.stderr).unwrap().contains("can be reached from other machines"));
    }
}
