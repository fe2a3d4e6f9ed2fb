//! O2: quotes beside a job over a catalog, and the job beside quotes: `cargo bench --bench echo -- beside`. `BESIDE_ITEMS` is
//! the size of the catalog (1,000,000). Latencies mean something on a quiet machine alone.

use super::{Subject, load_average, number, pinned, request, shop};
use pricer::service::load::{Outcome, Plan, run};
use pricer::service::proto::repricing_service_client::RepricingServiceClient;
use pricer::service::proto::{GetRepricingRequest, Repricing, RepricingState, StartRepricingRequest};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tonic::transport::Channel;

pub fn measure(handle: &Handle) {
    let items = number("BESIDE_ITEMS", 1_000_000);
    let folder = std::env::temp_dir().join(format!("pricer-beside-{}", std::process::id()));
    shop(&folder);
    let mut rows = "sku,cost\nA,10.00 EUR\n".to_owned();
    for at in 1..items {
        writeln!(rows, "ITEM-{at:08},{}.{:02} EUR", 1 + at % 90, at % 100).unwrap();
    }
    std::fs::write(folder.join("items.csv"), rows).unwrap();
    let mut command = pinned(0, Path::new(env!("CARGO_BIN_EXE_pricer")));
    command.args(["serve", "--config"]).arg(folder.join("plain.toml"));
    let subject = Subject::start("pricer", &mut command, false, "http");
    let mut jobs = RepricingServiceClient::new(handle.block_on(subject.dial.connect()).unwrap());
    let quiet = quotes(&subject, handle);
    let alone = job(&mut jobs, "alone", handle, |_| ());
    let mut beside: Vec<Outcome> = Vec::new();
    let together = job(&mut jobs, "together", handle, |_| beside.push(quotes(&subject, handle)));
    println!("{items} items; load average {}\n", load_average());
    println!("| quotes | p50 | p99 | p99.9 |\n|---|---|---|---|");
    let millis = |outcome: &Outcome, at| outcome.answered.quantile(at).as_secs_f64() * 1e3;
    for (name, outcome) in
        std::iter::once(("quiet", &quiet)).chain(beside.iter().map(|outcome| ("beside the job", outcome)))
    {
        let at = |permille| millis(outcome, permille);
        println!("| {name} | {:.2} ms | {:.2} ms | {:.2} ms |", at(500), at(990), at(999));
    }
    println!("\nthe job: {:.1} s alone, {:.1} s beside quotes", alone.as_secs_f64(), together.as_secs_f64());
    let _ = std::fs::remove_dir_all(&folder);
}

fn quotes(subject: &Subject, handle: &Handle) -> Outcome {
    let plan = Plan {
        dial: subject.dial.clone(),
        requests: vec![request()],
        rate: u32::try_from(number("ECHO_RATE", 1_000)).unwrap(),
        duration: Duration::from_secs(number("ECHO_SECONDS", 3)),
        warm_up: Duration::ZERO,
        connections: 4,
        deadline: Duration::from_secs(2),
    };
    run(&plan, handle).unwrap()
}

/// Runs one job to its end, `meanwhile` again and again.
#[expect(clippy::disallowed_methods, clippy::panic, reason = "a bench measures, and fails by panicking")]
fn job(
    jobs: &mut RepricingServiceClient<Channel>,
    name: &str,
    handle: &Handle,
    mut meanwhile: impl FnMut(&Repricing),
) -> Duration {
    let begin = Instant::now();
    let start = StartRepricingRequest { request_id: name.to_owned(), ..StartRepricingRequest::default() };
    let started = handle.block_on(jobs.start_repricing(start)).unwrap().into_inner().repricing.unwrap();
    loop {
        let request = GetRepricingRequest { repricing_id: started.repricing_id.clone() };
        let now = handle.block_on(jobs.get_repricing(request)).unwrap().into_inner().repricing.unwrap();
        match now.state() {
            RepricingState::Waiting | RepricingState::Running => meanwhile(&now),
            RepricingState::Done => return begin.elapsed(),
            state => panic!("{state:?}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
