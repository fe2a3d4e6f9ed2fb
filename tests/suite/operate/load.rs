//! The load generator measures what it says: a service that answers, one that refuses, and one that stands still.

use super::*;
use std::net::TcpListener;

fn bench(addr: &str, more: &[&str]) -> (Option<i32>, serde_json::Value) {
    let done = Command::new(PRICER)
        .args([
            "bench-load",
            "A",
            "B",
            "--market",
            "DE",
            "--channel",
            "own",
            "--addr",
            addr,
            "--format",
            "json",
        ])
        .args(["--warm-up", "0", "--seconds", "1", "--connections", "2"])
        .args(more)
        .output()
        .unwrap();
    let value = serde_json::from_slice(&done.stdout).unwrap_or(serde_json::Value::Null);
    (done.status.code(), value)
}

#[test]
fn load_is_sent_when_it_is_due_and_counted_by_its_answer() {
    let served = Served::start("[limits]\nqueue_age = \"20s\"\n");
    let (code, outcome) = bench(&served.addr, &["--rate", "100", "--deadline", "20000"]);
    assert_eq!(code, Some(0), "{outcome:#}");
    assert_eq!(outcome["sent"], 100);
    assert_eq!(outcome["codes"]["OK"], 100, "{outcome:#}");
    assert_eq!(outcome["answered_ms"]["count"], 100);
    let counted = "pricer_requests_total{method=\"/pricer.v1.PricingService/QuotePrice\",code=\"OK\"}";
    assert_eq!(served.metric(counted), 100.0, "the service counts the same");

    // A refusal is HTTP 200 and no goodput.
    let (code, outcome) = bench(&served.addr, &["--rate", "20", "--market", "DE"]);
    assert_eq!(code, Some(2), "an option twice: {outcome}");
    let done = pricer(&[
        "bench-load",
        "A",
        "--market",
        "XX",
        "--channel",
        "own",
        "--addr",
        &served.addr,
        "--rate",
        "20",
        "--seconds",
        "1",
        "--warm-up",
        "0",
    ]);
    assert_eq!(done.status.code(), Some(1), "no answer is no success");
    assert!(String::from_utf8_lossy(&done.stdout).contains("NOT_FOUND 20"), "{done:?}");
    assert_eq!(bench("http://127.0.0.1:1", &[]).0, Some(1), "nobody there");
}

/// Somebody who accepts and says nothing: a closed loop would send one call and wait; an open one sends them all.
#[test]
fn a_service_that_stands_still_does_not_stop_the_clock() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            let mut writing = stream.try_clone().unwrap();
            // An empty SETTINGS and an acknowledgement, so that calls are sent.
            writing.write_all(b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0").unwrap();
            open.push((stream, writing));
        }
    });
    let (code, outcome) = bench(&addr, &["--rate", "50", "--deadline", "300"]);
    assert_eq!(code, Some(1));
    assert_eq!(outcome["sent"], 50, "{outcome:#}");
    assert_eq!(outcome["goodput"], 0.0);
    let late = |code: &str| outcome["codes"][code].as_u64().unwrap_or_default();
    assert_eq!(late("DEADLINE_EXCEEDED") + late("CANCELLED"), 50, "{outcome:#}");
}
