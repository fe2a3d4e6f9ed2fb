//! The service under operation: the binary with its settings, real TLS, real signals, real attacks.

mod attack;
mod catalog;
mod clock;
mod drain;
mod errors;
mod feeds;
mod ledger;
mod load;
mod proxy;
mod reload;
mod security;

use pricer::service::client::Dial;
use pricer::service::proto::QuotePriceRequest;
use pricer::service::proto::quote_price_request::Item;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tonic::transport::Channel;

const PRICER: &str = env!("CARGO_BIN_EXE_pricer");
const PATIENCE: Duration = Duration::from_secs(30);

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

const RULES: &str = r#"
[rule.plus]
layer = "base"
owner = "anna"
why = "so much on top"
price = { cost-plus = { markup = "50%" } }

[guard.sane]
class = "safety"
why = "a misplaced point must not become a price"
absolute = { EUR = "0.10 .. 100000" }
"#;

const ITEMS: &str = "sku,cost\nA,10.00 EUR\nB,12.50 EUR\n";

/// How much of a test to run: `small` in CI, what the variable says in `.ci/long`.
fn size(variable: &str, small: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(small)
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("rules/rulebook.toml", RULEBOOK),
        ("rules/schema.toml", SCHEMA),
        ("rules/rules/all.toml", RULES),
        ("items.csv", ITEMS),
    ] {
        write(folder.path(), path, text);
    }
    folder
}

fn tls(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls")).join(name)
}

fn pricer(arguments: &[&str]) -> Output {
    Command::new(PRICER).args(arguments).output().unwrap()
}

/// A service of a folder with `pricer.toml`; killed when dropped.
struct Served {
    folder: tempfile::TempDir,
    child: Child,
    addr: String,
    metrics: String,
    log: Arc<Mutex<String>>,
}

impl Served {
    /// `more` is appended to the settings.
    fn start(more: &str) -> Self {
        Self::start_in(shop(), more, &[])
    }

    /// `before` are words in front of the command, such as a shell that lowers a limit.
    fn start_in(folder: tempfile::TempDir, more: &str, before: &[&str]) -> Self {
        let settings = "rulebook = \"rules\"\nitems = \"items.csv\"\nlisten = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n";
        write(folder.path(), "pricer.toml", &format!("{settings}{more}"));
        let mut words = before.to_vec();
        words.push(PRICER);
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .args(["serve", "--config"])
            .arg(folder.path().join("pricer.toml"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (kept, errors) = (log.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                kept.push_str(std::str::from_utf8(&line).expect("the log is UTF-8"));
                kept.push('\n');
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut value_of = |key: &str| {
            let line = lines.find_map(|line| line.unwrap().strip_prefix(key).map(str::to_owned));
            line.unwrap_or_else(|| panic!("no line `{key}`\n{}", log.lock().unwrap()))
        };
        let listening = value_of("listening ");
        let addr = listening.split_whitespace().next().unwrap().replace("grpc", "http");
        let metrics = value_of("metrics   http://").trim_end_matches("/metrics").to_owned();
        // What comes later must not block the service.
        std::thread::spawn(move || lines.count());
        Self { folder, child, addr, metrics, log }
    }

    fn socket(&self) -> String {
        self.addr.split_once("://").unwrap().1.to_owned()
    }

    fn dial(&self) -> Dial {
        Dial { addr: self.addr.clone(), ..Dial::default() }
    }

    async fn channel(&self) -> Channel {
        self.dial().connect().await.unwrap()
    }

    fn page(&self) -> String {
        let mut stream = std::net::TcpStream::connect(&self.metrics).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    }

    /// The value of a series; 0 while there is none.
    fn metric(&self, name: &str) -> f64 {
        let page = self.page();
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Resident memory, in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1_024.0
    }

    /// CPU time it used, in ticks of 10 ms.
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after_name = stat.rsplit_once(") ").unwrap().1;
        after_name.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !holds(self) {
            assert!(begin.elapsed() < PATIENCE, "{what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn tell_to_end(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for its end: the exit code, and how long it took.
    fn ended(&mut self) -> (Option<i32>, Duration) {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), begin.elapsed());
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn known(sku: &str) -> QuotePriceRequest {
    QuotePriceRequest {
        item: Some(Item::Sku(sku.to_owned())),
        market: "DE".to_owned(),
        channel: "own".to_owned(),
        ..QuotePriceRequest::default()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
