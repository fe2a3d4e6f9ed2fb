//! CPU per quote of the service against a bare tonic echo of the same messages: `cargo bench --bench echo`.
//!
//! All servers are processes of their own, pinned to one core; the client is pinned to another and sends at a fixed rate.
//! They take turns within seconds, so that what the machine does besides hits all of them. CPU time is what the kernel
//! says the server's threads ran. `ECHO_ROUNDS`, `ECHO_SECONDS` and `ECHO_RATE` change the run; `ECHO_PYTHON` is a Python
//! with grpcio, whose echo then takes part. `-- overload`: O1, `-- beside`: O2.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench fails by panicking")]

mod beside;
mod overload;
mod server;
mod work;

use pricer::service::access::token::TokenHash;
use pricer::service::client::Dial;
use pricer::service::proto::quote_price_request::Item;
use pricer::service::proto::{QuotePriceRequest, QuotePriceResponse};
use prost::Message as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::runtime::Handle;
use work::Work;

const TOKEN: &str = "pricer_bench";
/// Names the file of the answer that the echo gives: the service's own, so that the messages are the same.
const ANSWER: &str = "ECHO_ANSWER";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|word| word == "--serve-echo") {
        let tls = arguments.get(at + 1).is_some_and(|word| word == "tls");
        let answer = std::fs::read(std::env::var_os(ANSWER).unwrap()).unwrap();
        let answer = QuotePriceResponse::decode(answer.as_slice()).unwrap();
        return server::serve(tls.then(|| tls_files(("server.pem", "server.key"))), answer);
    }
    pin(1, std::process::id());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let is_asked = |what: &str| arguments.iter().any(|word| word == what);
    match (is_asked("overload"), is_asked("beside")) {
        (true, _) => overload::measure(runtime.handle()),
        (_, true) => beside::measure(runtime.handle()),
        _ => compare(runtime.handle()),
    }
}

fn pin(core: usize, process: u32) {
    let (core, process) = (core.to_string(), process.to_string());
    let _ = Command::new("taskset").args(["-cp", &core, &process]).stdout(Stdio::null()).status();
}

fn tls_files((certificate, key): (&str, &str)) -> (PathBuf, PathBuf) {
    (tls(certificate), tls(key))
}

fn tls(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A server under measurement.
struct Subject {
    name: &'static str,
    child: Child,
    dial: Dial,
    /// Microseconds of CPU for a quote, one for each round of the work at hand.
    micros: Vec<f64>,
    /// p50, p99 and p99.9 in milliseconds.
    latencies: Vec<[f64; 3]>,
}

impl Subject {
    fn start(name: &'static str, command: &mut Command, is_guarded: bool, scheme: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line =
            lines.find_map(|line| line.unwrap().strip_prefix("listening ").map(str::to_owned)).unwrap();
        std::thread::spawn(move || lines.count());
        let socket = line.split_whitespace().next().unwrap().rsplit_once('/').unwrap().1.to_owned();
        let dial = Dial {
            addr: format!("{scheme}://{socket}"),
            ca: (scheme == "https").then(|| std::fs::read(tls("ca.pem")).unwrap()),
            token: is_guarded.then(|| TOKEN.to_owned()),
        };
        Self { name, child, dial, micros: Vec::new(), latencies: Vec::new() }
    }

    /// CPU time of all its threads.
    fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanos = tasks.flatten().filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanos.sum())
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pinned(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

fn compare(handle: &Handle) {
    let rounds = number("ECHO_ROUNDS", 9);
    let me = std::env::current_exe().unwrap();
    let folder = std::env::temp_dir().join(format!("pricer-echo-{}", std::process::id()));
    shop(&folder);
    let plain = pricer(&folder, "pricer", "plain.toml");
    let decision = Some(handle.block_on(plain.dial.ask(request())).unwrap());
    let answer = folder.join("answer");
    std::fs::write(&answer, QuotePriceResponse { decision }.encode_to_vec()).unwrap();
    let echo = |more: &[&str]| {
        let mut command = pinned(0, &me);
        command.env(ANSWER, &answer).arg("--serve-echo").args(more);
        command
    };
    let mut subjects = vec![
        Subject::start("bare tonic echo", &mut echo(&[]), false, "http"),
        plain,
        pricer(&folder, "pricer, tokens", "tokens.toml"),
        Subject::start("bare tonic echo, TLS", &mut echo(&["tls"]), false, "https"),
        pricer(&folder, "pricer, TLS, tokens", "guarded.toml"),
    ];
    let (rate, seconds) = (number("ECHO_RATE", 2_000) as u32, number("ECHO_SECONDS", 2));
    println!("{rounds} rounds in turn after one to warm up; load average {}", load_average());
    let single = Work::Single { rate, seconds };
    if let Some(python) = std::env::var_os("ECHO_PYTHON") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/echo/echo.py");
        let mut command = pinned(0, Path::new(&python));
        command.arg(script).arg(&answer);
        subjects.push(Subject::start("Python grpcio echo", &mut command, false, "http"));
        take_turns("quotes one by one", single, &mut subjects, rounds, handle);
        subjects.pop();
    } else {
        take_turns("quotes one by one", single, &mut subjects, rounds, handle);
    }
    take_turns("batches of 1,000", Work::Batch { calls: 20 }, &mut subjects, rounds, handle);
    take_turns("a stream in chunks of 100", Work::Stream { chunks: 200 }, &mut subjects, rounds, handle);
    println!("\nload average {}", load_average());
    let _ = std::fs::remove_dir_all(&folder);
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Each subject does the work once in each round; ratios are taken within a round.
fn take_turns(what: &str, work: Work, subjects: &mut [Subject], rounds: u64, handle: &Handle) {
    for subject in subjects.iter_mut() {
        subject.micros.clear();
        subject.latencies.clear();
    }
    for round in 0..=rounds {
        for subject in subjects.iter_mut() {
            let before = subject.cpu();
            let (answered, latencies) = work.done_by(subject, handle);
            let used = subject.cpu() - before;
            if round != 0 {
                subject.micros.push(used.as_secs_f64() * 1e6 / answered as f64);
                subject.latencies.push(latencies);
            }
        }
    }
    println!("\n{what}\n");
    println!(
        "| server | CPU per quote | of the bare echo | of the bare echo with the same transport | p50 | p99 | p99.9 |"
    );
    println!("|---|---|---|---|---|---|---|");
    let ratio = |subject: &Subject, base: &Subject| {
        let ratios = subject.micros.iter().zip(&base.micros).map(|(own, base)| own / base);
        let ratios: Vec<f64> = ratios.collect();
        let ends = |pick: fn(f64, f64) -> f64| ratios.iter().copied().reduce(pick).unwrap();
        format!("{:.2}× ({:.2} to {:.2})", median(&ratios), ends(f64::min), ends(f64::max))
    };
    for subject in subjects.iter() {
        let base = |scheme: &str| {
            let mut echoes = subjects.iter().filter(|echo| echo.name.starts_with("bare"));
            echoes.find(|echo| echo.dial.addr.starts_with(scheme)).unwrap()
        };
        let scheme = subject.dial.addr.split_once("//").unwrap().0;
        let latency = |at: usize| match work {
            Work::Single { .. } => {
                format!("{:.2} ms", median(&subject.latencies.iter().map(|all| all[at]).collect::<Vec<_>>()))
            }
            _ => "–".to_owned(),
        };
        println!(
            "| {} | {:.2} µs | {} | {} | {} | {} | {} |",
            subject.name,
            median(&subject.micros),
            ratio(subject, base("http:")),
            ratio(subject, base(scheme)),
            latency(0),
            latency(1),
            latency(2),
        );
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn request() -> QuotePriceRequest {
    QuotePriceRequest {
        item: Some(Item::Sku("A".to_owned())),
        market: "DE".to_owned(),
        channel: "own".to_owned(),
        ..QuotePriceRequest::default()
    }
}

fn pricer(folder: &Path, name: &'static str, settings: &str) -> Subject {
    let mut command = pinned(0, Path::new(env!("CARGO_BIN_EXE_pricer")));
    command.args(["serve", "--config"]).arg(folder.join(settings));
    let scheme = if settings == "guarded.toml" { "https" } else { "http" };
    Subject::start(name, &mut command, settings != "plain.toml", scheme)
}

/// A rulebook of a rule and a guard, an item, and settings with more and more security.
fn shop(folder: &Path) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "rules/rulebook.toml",
        "edition = \"2026\"\nname = \"corner-shop\"\nlayers = [\"base\"]\n[market.DE]\ncurrency = \"EUR\"\n\
         timezone = \"Europe/Berlin\"\nvat = { standard = \"19%\" }\n[channel.own]\n",
    );
    write(
        "rules/schema.toml",
        "[attr]\nsku = { type = \"id\" }\ncost = { type = \"money\", basis = \"net\" }\n",
    );
    write(
        "rules/rules/all.toml",
        "[rule.plus]\nlayer = \"base\"\nowner = \"anna\"\nwhy = \"so much on top\"\n\
         price = { cost-plus = { markup = \"50%\" } }\n[guard.sane]\nclass = \"safety\"\n\
         why = \"a misplaced point must not become a price\"\nabsolute = { EUR = \"0.10 .. 100000\" }\n",
    );
    write("items.csv", "sku,cost\nA,10.00 EUR\n");
    let hash = TokenHash::of(TOKEN.as_bytes());
    write(
        "principals.toml",
        &format!(
            "[shop]\nroles = [\"auditor\"]\nrequests_per_second = 1000000\n\
             [[shop.token]]\nsha256 = \"{hash}\"\nexpires = \"2126-01-01T00:00:00Z\"\n"
        ),
    );
    let plain = "rulebook = \"rules\"\nitems = \"items.csv\"\nlisten = \"127.0.0.1:0\"\nmetrics = \"off\"\n";
    let tokens = format!("{plain}[auth]\nprincipals = \"principals.toml\"\n");
    let (certificate, key) = tls_files(("server.pem", "server.key"));
    write("plain.toml", plain);
    write("tokens.toml", &tokens);
    write("guarded.toml", &format!("{tokens}[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n"));
}
