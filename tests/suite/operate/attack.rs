//! O5, O6: HTTP/2 attacks, slow and idle clients, no file descriptors. Each beside a good client that sees no error,
//! and with a bound on memory.

use super::*;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

/// A machine that is busy with other tests must not look like an overload.
const PATIENT: &str = "[limits]\nqueue_age = \"20s\"\nquote_deadline = \"20s\"\n";
/// More memory than this an attack may not take, in MiB.
const MEMORY: f64 = 48.0;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(body);
    frame
}

/// The headers of a call; nothing is indexed.
fn headers() -> Vec<u8> {
    let path = b"/pricer.v1.PricingService/QuotePrice";
    let mut headers = vec![0x83, 0x86, 0x01, 1, b'a', 0x04, u8::try_from(path.len()).unwrap()];
    headers.extend(path);
    headers.extend([0x0f, 0x10, 16]);
    headers.extend(b"application/grpc");
    headers
}

/// Runs `attack` beside a client that quotes all the time.
fn beside(served: &Served, attack: impl FnOnce()) {
    beside_within(served, MEMORY, attack);
}

fn beside_within(served: &Served, memory: f64, attack: impl FnOnce()) {
    let stop = Arc::new(AtomicBool::new(false));
    let (dial, stopped) = (served.dial(), stop.clone());
    let good = std::thread::spawn(move || {
        runtime().block_on(async {
            let mut client = PricingServiceClient::new(dial.connect().await.unwrap());
            let mut answered = 0;
            while !stopped.load(Ordering::Relaxed) || answered == 0 {
                client
                    .quote_price(known("A"))
                    .await
                    .unwrap_or_else(|status| panic!("after {answered}: {status:?}"));
                answered += 1;
            }
            answered
        })
    });
    let before = served.memory();
    attack();
    let after = served.memory();
    stop.store(true, Ordering::Relaxed);
    assert!(0 < good.join().expect("the good client is served"));
    println!("{before:.0} MiB before, {after:.0} MiB after");
    assert!(after - before < memory, "{before:.0} MiB before, {after:.0} MiB after");
}

/// Sends what `next` makes until the service sends GOAWAY or closes; gives how many were sent.
fn until_sent_away(served: &Served, limit: usize, mut next: impl FnMut(usize) -> Vec<u8>) -> usize {
    let mut stream = TcpStream::connect(served.socket()).unwrap();
    stream.write_all(PREFACE).unwrap();
    let mut reading = stream.try_clone().unwrap();
    reading.set_read_timeout(Some(PATIENCE)).unwrap();
    let away = Arc::new(AtomicBool::new(false));
    let seen = away.clone();
    let reader = std::thread::spawn(move || {
        let mut head = [0; 9];
        while reading.read_exact(&mut head).is_ok() {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let mut body = vec![0; length];
            if head[3] == GOAWAY || reading.read_exact(&mut body).is_err() {
                break;
            }
        }
        seen.store(true, Ordering::Relaxed);
    });
    let mut sent = 0;
    while sent < limit && !away.load(Ordering::Relaxed) && stream.write_all(&next(sent)).is_ok() {
        sent += 1;
    }
    // What was sent may still be on its way to the answer.
    if sent == limit {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    reader.join().unwrap();
    sent
}

#[test]
fn clients_that_abuse_http2_are_sent_away() {
    let served = Served::start(PATIENT);
    let headers = headers();
    let stream = |at: usize| u32::try_from(2 * at + 1).unwrap();
    type Attack<'a> = (&'a str, Box<dyn Fn(usize) -> Vec<u8> + 'a>);
    let attacks: [Attack<'_>; 5] = [
        // CVE-2023-44487.
        (
            "rapid reset",
            Box::new(|at| {
                let mut bytes = frame(HEADERS, END_HEADERS, stream(at), &headers);
                bytes.extend(frame(RST_STREAM, 0, stream(at), &[0, 0, 0, 8]));
                bytes
            }),
        ),
        // RUSTSEC-2024-0332.
        (
            "continuation flood",
            Box::new(|at| match at {
                0 => frame(HEADERS, 0, 1, &headers),
                _ => frame(CONTINUATION, 0, 1, &[0x40, 1, b'x', 1, b'y']),
            }),
        ),
        // RUSTSEC-2026-0258.
        (
            "empty data flood",
            Box::new(|at| match at {
                0 => frame(HEADERS, END_HEADERS, 1, &headers),
                _ => frame(DATA, 0, 1, &[]),
            }),
        ),
        // CVE-2025-8671: a window beyond its limit makes the service reset the stream itself.
        (
            "self-inflicted resets",
            Box::new(|at| {
                let mut bytes = frame(HEADERS, END_HEADERS, stream(at), &headers);
                bytes.extend(frame(WINDOW_UPDATE, 0, stream(at), &[0x7f, 0xff, 0xff, 0xff]));
                bytes
            }),
        ),
        (
            "endless header",
            Box::new(|at| match at {
                0 => frame(HEADERS, 0, 1, &headers),
                _ => frame(CONTINUATION, 0, 1, &[vec![0x40, 0x7f, 0x81, 0x7f], vec![b'x'; 16_000]].concat()),
            }),
        ),
    ];
    const LIMIT: usize = 20_000;
    for (name, attack) in &attacks {
        beside(&served, || {
            let sent = until_sent_away(&served, LIMIT, attack);
            assert!(sent < LIMIT, "{name}: {sent} and still welcome");
        });
    }
    // Floods that HTTP/2 allows are answered and cost no memory.
    for (kind, body) in [(PING, &[0_u8; 8][..]), (SETTINGS, &[])] {
        beside(&served, || {
            until_sent_away(&served, 20_000, |_| frame(kind, 0, 0, body));
        });
    }
    served.until("connections stay open", |served| served.metric("pricer_connections") == 0.0);
    assert_eq!(served.metric("pricer_requests_in_flight"), 0.0);
}

#[test]
fn who_says_nothing_or_dribbles_is_closed() {
    let settings = format!("{PATIENT}first_byte = \"300ms\"\nhandshake = \"300ms\"\n");
    let tls =
        format!("{settings}[tls]\ncertificate = {:?}\nkey = {:?}\n", tls("server.pem"), tls("server.key"));
    for settings in [settings, tls] {
        let served = Served::start(&settings);
        let mut silent = TcpStream::connect(served.socket()).unwrap();
        let mut dribbling = TcpStream::connect(served.socket()).unwrap();
        let opening: &[u8] =
            if served.addr.starts_with("https") { b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03" } else { PREFACE };
        let begin = Instant::now();
        // A byte every 50 ms would take more than a second.
        let written = opening.iter().take_while(|byte| {
            std::thread::sleep(Duration::from_millis(50));
            dribbling.write_all(&[**byte]).is_ok()
        });
        assert!(written.count() <= opening.len());
        for stream in [&mut silent, &mut dribbling] {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            // The service may say SETTINGS before it gives up; then it closes.
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
            assert!(rest.len() < 200, "{} bytes", rest.len());
        }
        assert!(begin.elapsed() < Duration::from_secs(15));
        served.until("connections stay open", |served| served.metric("pricer_connections") == 0.0);
    }
}

#[test]
fn idle_connections_cost_little_and_nobody_else_anything() {
    let served = Served::start(PATIENT);
    let count = size("PRICER_IDLE_CONNECTIONS", 300);
    // A connection takes some 16 KiB.
    beside_within(&served, MEMORY + count as f64 / 50.0, || {
        let open: Vec<TcpStream> = (0..count)
            .map(|_| {
                let mut stream = TcpStream::connect(served.socket()).unwrap();
                stream.write_all(PREFACE).unwrap();
                stream
            })
            .collect();
        served.until("not all are accepted", |served| count as f64 <= served.metric("pricer_connections"));
        drop(open);
    });
    served.until("connections stay open", |served| served.metric("pricer_connections") == 0.0);
}

/// More clients than descriptors: the loop rests instead of spinning, who is inside is served, and all is well afterwards.
#[test]
fn running_out_of_file_descriptors_is_survived() {
    // The limit of connections is fitted to the descriptors, so files are what runs out: it is lowered afterwards.
    let served = Served::start_in(shop(), PATIENT, &["bash", "-c", "ulimit -n 128; exec \"$0\" \"$@\""]);
    served
        .until("the limit is not said", |served| served.log().contains("fewer connections than configured"));
    beside(&served, || {
        let open: Vec<TcpStream> =
            (0..300).filter_map(|_| TcpStream::connect(served.socket()).ok()).collect();
        // The page needs a descriptor, too: there is one left.
        served.until("the places are not taken", |served| 60.0 <= served.metric("pricer_connections"));
        let before = served.ticks();
        std::thread::sleep(Duration::from_millis(500));
        let used = served.ticks() - before;
        // The good client quotes all the time in a debug build; a spinning loop would take a core of its own as well.
        assert!(used < 90, "{used} ticks of 50 in half a second on two threads");
        drop(open);
    });
    assert!(served.metric("pricer_connections") <= 300.0);
    let answer = pricer(&["quote", "A", "--market", "DE", "--channel", "own", "--addr", &served.addr]);
    assert!(answer.status.success(), "{answer:?}");
}

/// A body that never ends, and an answer that nobody reads.
#[test]
fn slow_and_greedy_clients_are_ended_by_the_deadline() {
    let served = Served::start("[limits]\nqueue_age = \"20s\"\nquote_deadline = \"400ms\"\n");
    let mut stream = TcpStream::connect(served.socket()).unwrap();
    stream.write_all(PREFACE).unwrap();
    for at in 0..50_u32 {
        stream.write_all(&frame(HEADERS, END_HEADERS, 2 * at + 1, &headers())).unwrap();
        // 1 of 1,000 announced bytes.
        stream.write_all(&frame(DATA, 0, 2 * at + 1, &[0, 0, 0, 3, 0xe8, 1])).unwrap();
    }
    let late =
        "pricer_requests_total{method=\"/pricer.v1.PricingService/QuotePrice\",code=\"DEADLINE_EXCEEDED\"}";
    served.until("they are not ended", |served| served.metric(late) == 50.0);
    assert_eq!(served.metric("pricer_requests_in_flight"), 0.0);
    assert!(served.log().contains("DEADLINE_EXCEEDED"));
}
