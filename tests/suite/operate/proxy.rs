//! A network that delays, dribbles and cuts: whatever arrives is right, and nothing stays behind in the service.

use super::*;
use pricer::service::proto::pricing_service_client::PricingServiceClient;
use std::net::{Shutdown, TcpListener, TcpStream};
use tonic::Code;

#[derive(Clone, Copy, Debug)]
enum Fault {
    Delay(Duration),
    /// A few bytes at a time.
    Dribble,
    /// The connection is cut after so many bytes of one direction.
    Cut(usize),
    /// One direction stands still after so many bytes.
    Stall(usize),
}

/// Carries bytes between whoever connects and `target`, badly. Ends with the test.
fn proxy(target: String, fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(&target) else { continue };
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                std::thread::spawn(move || carry(from, to, fault));
            }
        }
    });
    address
}

fn carry(mut from: TcpStream, mut to: TcpStream, fault: Fault) {
    let mut buffer = [0; 4_096];
    let mut carried = 0;
    let room = if matches!(fault, Fault::Dribble) { 7 } else { buffer.len() };
    while let Ok(count @ 1..) = from.read(&mut buffer[..room]) {
        carried += count;
        match fault {
            Fault::Delay(pause) => std::thread::sleep(pause),
            Fault::Dribble => {}
            Fault::Cut(after) if after < carried => break,
            Fault::Stall(after) if after < carried => {
                std::thread::sleep(Duration::from_secs(3));
                break;
            }
            Fault::Cut(_) | Fault::Stall(_) => {}
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[test]
fn a_bad_network_makes_no_wrong_answers_and_leaves_nothing_behind() {
    let served = Served::start("[limits]\nqueue_age = \"20s\"\nquote_deadline = \"1s\"\n");
    let mut faults =
        vec![Fault::Delay(Duration::from_millis(30)), Fault::Dribble, Fault::Stall(200), Fault::Stall(600)];
    // From the preface to the middle of an answer.
    let step = if size("PRICER_FAULTS", 0) == 0 { 173 } else { 7 };
    faults.extend((10..1_400).step_by(step).map(Fault::Cut));
    let mut answered = 0;
    for fault in faults {
        let dial = Dial { addr: proxy(served.socket(), fault), ..Dial::default() };
        let results = runtime().block_on(async {
            let Ok(channel) = dial.connect().await else { return Vec::new() };
            let mut results = Vec::new();
            for _ in 0..4 {
                let mut request = tonic::Request::new(known("A"));
                request.set_timeout(Duration::from_secs(2));
                results.push(PricingServiceClient::new(channel.clone()).quote_price(request).await);
            }
            results
        });
        let is_whole = matches!(fault, Fault::Delay(_) | Fault::Dribble);
        assert!(
            !is_whole || results.len() == 4 && results.iter().all(Result::is_ok),
            "{fault:?}: {results:?}"
        );
        for result in results {
            match result {
                Ok(answer) => {
                    let price = answer.into_inner().decision.unwrap().price.unwrap().gross.unwrap();
                    assert_eq!((price.units, price.nanos), (17, 850_000_000), "{fault:?}");
                    answered += 1;
                }
                Err(status) => assert!(
                    matches!(
                        status.code(),
                        Code::Unavailable
                            | Code::Unknown
                            | Code::Cancelled
                            | Code::DeadlineExceeded
                            | Code::Internal
                    ),
                    "{fault:?}: {status:?}"
                ),
            }
        }
    }
    assert!(8 <= answered);
    served.until("something stays behind", |served| {
        served.metric("pricer_requests_in_flight") == 0.0 && served.metric("pricer_connections") == 0.0
    });
    let log = served.log();
    assert!(!log.contains("panicked") && !log.contains("INTERNAL"), "{log}");
}
