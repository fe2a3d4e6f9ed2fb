//! R1, R2: rules change under load without one failed or mixed answer, and broken ones change nothing but a gauge.

use super::*;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use std::sync::atomic::{AtomicBool, Ordering};

const QUICK: &str =
    "[reload]\npoll = \"10ms\"\nquiet = \"40ms\"\n[limits]\nqueue_age = \"20s\"\nquote_deadline = \"20s\"\n";
const FAILURES: &str = "pricer_rulebook_reload_failures_total";
const RELOADS: &str = "pricer_rulebook_reloads_total";

fn markup(percent: usize) -> String {
    RULES.replace("50%", &format!("{percent}%"))
}

/// Quotes until told to stop; gives each release with its price, in the order they came, without repetitions.
fn quoting(served: &Served, stop: &Arc<AtomicBool>) -> std::thread::JoinHandle<Vec<(String, i64)>> {
    let (dial, stop) = (served.dial(), stop.clone());
    std::thread::spawn(move || {
        runtime().block_on(async {
            let mut client = PricingServiceClient::new(dial.connect().await.unwrap());
            let mut seen: Vec<(String, i64)> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let answer = client.quote_price(known("A")).await.expect("no quote fails while rules change");
                let decision = answer.into_inner().decision.unwrap();
                let gross = decision.price.unwrap().gross.unwrap();
                let now = (decision.release, gross.units * 100 + i64::from(gross.nanos) / 10_000_000);
                if seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
            seen
        })
    })
}

#[test]
fn rules_change_under_load_without_a_failed_or_mixed_answer() {
    let rounds = size("PRICER_RELOADS", 16);
    let served = Served::start(QUICK);
    let stop = Arc::new(AtomicBool::new(false));
    let clients = [quoting(&served, &stop), quoting(&served, &stop)];
    let rules = served.folder.path().join("rules/rules");
    let path = rules.join("all.toml");
    let mut expected = vec![1_785];
    for round in 1..=rounds {
        let (before, text) = (served.metric(RELOADS), markup(50 + round));
        match round % 4 {
            0 => std::fs::write(&path, &text).unwrap(),
            1 => {
                let aside = served.folder.path().join("aside");
                std::fs::write(&aside, &text).unwrap();
                std::fs::rename(&aside, &path).unwrap();
            }
            2 => {
                let target = served.folder.path().join(format!("all-{round}.toml"));
                std::fs::write(&target, &text).unwrap();
                std::fs::remove_file(&path).unwrap();
                std::os::unix::fs::symlink(&target, &path).unwrap();
            }
            _ => {
                // Half a file, then nothing at all, then the whole.
                let failures = served.metric(FAILURES);
                std::fs::remove_file(&path).unwrap();
                std::fs::write(&path, &text[..text.len() / 2]).unwrap();
                served.until("half a file is not noticed", |served| failures < served.metric(FAILURES));
                std::fs::remove_file(&path).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
        }
        served.until("the change is not served", |served| before < served.metric(RELOADS));
        // 10.00 × (1.50 + round/100) × 1.19, to cents.
        expected.push((1_000 * (150 + round as i64) * 119 + 5_000) / 10_000);
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let seen = client.join().expect("a client failed");
        let prices: Vec<i64> = seen.iter().map(|(_, price)| *price).collect();
        let mut releases: Vec<&String> = seen.iter().map(|(release, _)| release).collect();
        assert_eq!(prices.last(), expected.last());
        assert!(prices.is_sorted() && prices.iter().all(|price| expected.contains(price)), "{prices:?}");
        // One price for each release: none is mixed, none comes back.
        releases.sort();
        releases.dedup();
        assert_eq!(releases.len(), seen.len());
        assert!(seen.len() <= rounds + 1);
    }
}

#[test]
fn broken_rules_change_nothing_but_a_gauge_and_a_line() {
    let served = Served::start(QUICK);
    let stop = Arc::new(AtomicBool::new(false));
    let client = quoting(&served, &stop);
    let path = served.folder.path().join("rules/rules/all.toml");
    let mut broken: Vec<Vec<u8>> = Vec::new();
    let lines: Vec<&str> = RULES.lines().collect();
    let step = if size("PRICER_BROKEN", 0) == 0 { 5 } else { 1 };
    for at in (0..lines.len()).step_by(step) {
        for junk in
            ["?!?", "bogus = 1", "[rule.plus]", "price = { price = 1 }", "x = [[[[", "\u{feff}a = \"\\q\""]
        {
            let mut text = lines.clone();
            text.insert(at, junk);
            // A bare key before any table, or a text that stays right, is no mistake worth a test of its own.
            broken.push((text.join("\n") + "\n[rule.plus]\n").into_bytes());
        }
    }
    broken.push(b"why = \"\xff\xfe\"\n".to_vec());
    broken.push([b"a = ".to_vec(), vec![b'['; 100_000]].concat());
    broken.push(vec![b'#'; 20 << 20]);
    broken.push(vec![0; 4_096]);
    broken.push(markup(50).replace("50%", "5,0%").into_bytes());
    let before = served.metric(FAILURES);
    for (count, bytes) in broken.iter().enumerate() {
        std::fs::write(&path, bytes).unwrap();
        let noticed = before + count as f64 + 1.0;
        served.until("broken rules are not noticed", |served| noticed <= served.metric(FAILURES));
        assert_eq!(served.metric("pricer_rulebook_reload_success"), 0.0);
    }
    std::fs::write(&path, markup(60)).unwrap();
    served
        .until("good rules are not served", |served| served.metric("pricer_rulebook_reload_success") == 1.0);
    stop.store(true, Ordering::Relaxed);
    let seen = client.join().expect("a client failed");
    assert!(seen.iter().all(|(_, price)| [1_785, 1_904].contains(price)) && seen.len() <= 2, "{seen:?}");
    let log = served.log();
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("is not served")).collect();
    assert_eq!(warnings.len(), broken.len(), "each is said once");
    let named = warnings.iter().filter(|line| line.contains("rules/all.toml:")).count();
    assert!(broken.len() - 4 <= named, "{named} of {} name their place", broken.len());
}
