//! Health, reflection, limits and the end.

use super::*;
use tokio::time::Instant;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus as Health;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const SERVICES: [&str; 2] = ["", "pricer.v1.PricingService"];

async fn connect(service: &Running) -> Channel {
    Channel::from_shared(service.url()).unwrap().connect().await.unwrap()
}

fn check(name: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: name.to_owned() }
}

#[tokio::test]
async fn health_and_reflection_answer() {
    let service = start(&Script::new("guards=1"), config()).await;
    let channel = connect(&service).await;
    for name in SERVICES {
        let answer = HealthClient::new(channel.clone()).check(check(name)).await.unwrap();
        assert_eq!(answer.into_inner().status(), Health::Serving);
    }
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(channel);
    let mut answers = client.server_reflection_info(tokio_stream::once(ask)).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    let names: Vec<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["pricer.v1.PricingService", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{names:?}");
    }
    service.stop().await.unwrap();
}

#[tokio::test]
async fn an_open_watch_does_not_keep_the_service_alive() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut client = HealthClient::new(connect(&service).await);
    let mut watch = client.watch(check(SERVICES[1])).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), Health::Serving);
    let told = Instant::now();
    service.stop().await.unwrap();
    // The drain is 300 ms, plus at most a second to close.
    assert!(told.elapsed() < Duration::from_millis(1_800), "{:?}", told.elapsed());
    assert_eq!(watch.message().await.unwrap().unwrap().status(), Health::NotServing);
    assert!(watch.message().await.is_err(), "the connection is cut");
}

#[tokio::test]
async fn an_idle_service_ends_at_once_and_refuses_from_then_on() {
    let service = start(&Script::new("guards=1"), config()).await;
    service.quote(known("A")).await.unwrap();
    let (told, url) = (Instant::now(), service.url());
    service.stop().await.unwrap();
    assert!(told.elapsed() < Duration::from_millis(250), "{:?}", told.elapsed());
    let refused = ask(&url, known("A")).await;
    assert!(matches!(refused, Err(QuoteError::Unreachable { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_gives_its_place_to_the_next() {
    let mut config = config();
    config.limits.first_byte = Duration::from_millis(50);
    config.limits.connections = 1;
    let service = start(&Script::new("guards=1"), config).await;
    let mut silent = TcpStream::connect(service.addr).await.unwrap();
    // The only place is taken until the silence has lasted too long.
    let quote = tokio::time::timeout(PATIENCE, service.quote(known("A"))).await.unwrap();
    assert!(quote.is_ok());
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut rest)).await.unwrap();
    service.stop().await.unwrap();
}

#[tokio::test]
async fn limits_are_announced() {
    let service = start(&Script::new("guards=1"), config()).await;
    let mut stream = TcpStream::connect(service.addr).await.unwrap();
    // The client's preface and an empty SETTINGS frame; the server's SETTINGS come first in its answer.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut head = [0_u8; 9];
    stream.read_exact(&mut head).await.unwrap();
    let length = usize::from(head[1]) << 8 | usize::from(head[2]);
    let mut body = vec![0_u8; length];
    stream.read_exact(&mut body).await.unwrap();
    let settings: Vec<(u16, u32)> = body
        .chunks(6)
        .map(|entry| {
            let id = u16::from_be_bytes([entry[0], entry[1]]);
            (id, u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]))
        })
        .collect();
    // SETTINGS_MAX_CONCURRENT_STREAMS and SETTINGS_MAX_HEADER_LIST_SIZE.
    assert!(settings.contains(&(3, 100)) && settings.contains(&(6, 16_384)), "{settings:?}");
    service.stop().await.unwrap();
}

/// One HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(body);
    frame
}

/// CVE-2025-8671: a client makes the server reset its own streams, which frees their places at once.
#[tokio::test]
async fn a_client_that_has_its_streams_reset_is_sent_away() {
    let service = start(&Script::new("guards=1"), config()).await;
    let (mut read, mut write) = TcpStream::connect(service.addr).await.unwrap().into_split();
    write.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // :method POST, :scheme http, :authority a, :path, content-type application/grpc; nothing is indexed.
    let path = b"/grpc.health.v1.Health/Check";
    let mut headers = vec![0x83, 0x86, 0x01, 1, b'a', 0x04, u8::try_from(path.len()).unwrap()];
    headers.extend(path);
    headers.extend([0x0f, 0x10, 16]);
    headers.extend(b"application/grpc");
    tokio::spawn(async move {
        for stream in (1..6_001_u32).step_by(2) {
            let mut bytes = frame(1, 0x4, stream, &headers);
            // A window beyond its limit is an error of the stream.
            bytes.extend(frame(8, 0, stream, &[0x7f, 0xff, 0xff, 0xff]));
            if write.write_all(&bytes).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    let mut resets = 0;
    let away = async {
        loop {
            let mut head = [0_u8; 9];
            read.read_exact(&mut head).await.unwrap();
            let mut body = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
            read.read_exact(&mut body).await.unwrap();
            match head[3] {
                3 => resets += 1,
                7 => break,
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, away).await.unwrap();
    assert!((1..=1_100).contains(&resets), "{resets} resets");
    service.quote(known("A")).await.unwrap();
    service.stop().await.unwrap();
}

#[tokio::test]
async fn until_the_first_release_is_loaded_nothing_is_served() {
    let grpc = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", grpc.local_addr().unwrap());
    let listeners = Listeners { grpc, metrics: None };
    let (stop, stopped) = oneshot::channel::<()>();
    let script = Script::new("guards=1 slow=300");
    let served = tokio::spawn(serve(config(), script, listeners, |_| {}, async {
        let _ = stopped.await;
    }));
    let channel = Channel::from_shared(url.clone()).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    let mut watch = health.watch(check(SERVICES[1])).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), Health::NotServing);
    let Err(QuoteError::Status(status)) = ask(&url, known("A")).await else {
        panic!("quoted before anything was loaded")
    };
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "NOT_READY");
    assert!(details.retry_info().is_some());
    assert_eq!(watch.message().await.unwrap().unwrap().status(), Health::Serving);
    ask(&url, known("A")).await.unwrap();
    drop(watch);
    stop.send(()).unwrap();
    tokio::time::timeout(PATIENCE, served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    for (grpc, metrics) in [("0.0.0.0:0", "127.0.0.1:0"), ("127.0.0.1:0", "0.0.0.0:0")] {
        let listeners = Listeners {
            grpc: TcpListener::bind(grpc).await.unwrap(),
            metrics: Some(TcpListener::bind(metrics).await.unwrap()),
        };
        let script = Script::new("guards=1");
        let refused = serve(config(), script, listeners, |_| {}, std::future::pending()).await;
        let Err(error @ ServeError::NotLoopback(_)) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
}

#[tokio::test]
async fn a_first_release_that_is_broken_ends_the_service() {
    for (rules, why) in [("broken", "rules/all.toml:1:1: E0101"), ("failing", "test `one`")] {
        let listeners = Listeners { grpc: TcpListener::bind("127.0.0.1:0").await.unwrap(), metrics: None };
        let served = serve(config(), Script::new(rules), listeners, |_| {}, std::future::pending());
        let ended = tokio::time::timeout(PATIENCE, served).await.unwrap();
        let Err(ServeError::Rejected(rejected)) = ended else { panic!("{ended:?}") };
        assert!(rejected.to_string().contains(why), "{rejected}");
    }
}
