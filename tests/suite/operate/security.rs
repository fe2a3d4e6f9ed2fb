//! Settings, tokens and logs of the binary (S3, S4, S5, S6).

use super::*;

const CANARY: &str = "canary";

fn token(folder: &Path, arguments: &[&str]) -> Output {
    let file = folder.join("principals.toml");
    Command::new(PRICER).arg("token").args(arguments).arg("--principals").arg(file).output().unwrap()
}

/// Settings with TLS, client certificates on request, and principals.
fn guarded() -> String {
    format!(
        "[tls]\ncertificate = {:?}\nkey = {:?}\nclient_ca = {:?}\nclient_certificate = \"optional\"\n\
         [auth]\nprincipals = \"principals.toml\"\n[log]\nrequests = \"all\"\n",
        tls("server.pem"),
        tls("server.key"),
        tls("ca.pem"),
    )
}

#[test]
fn a_token_is_made_used_and_kept_as_a_hash() {
    let folder = shop();
    let made = token(folder.path(), &["shop-de", "--role", "quoter"]);
    assert!(made.status.success(), "{made:?}");
    let secret = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let file = folder.path().join("principals.toml");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(secret.starts_with("pricer_") && !kept.contains(&secret), "{kept}");
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let batcher = token(folder.path(), &["jobs", "--role", "batcher"]);
    write(folder.path(), "batcher", &String::from_utf8(batcher.stdout).unwrap());
    // A second token for the same principal; mistakes are told and change nothing.
    let second = token(folder.path(), &["shop-de"]);
    assert!(second.status.success(), "{second:?}");
    for (wrong, why) in [
        (&["shop-de", "--role", "auditor"][..], "change them there"),
        (&["new"], "say what it may do"),
        (&["Shop"], "is no name"),
        (&["x", "--role", "king"], "is no role"),
        (&["shop-de", "--expires", "11y"], "is not a duration"),
    ] {
        let refused = token(folder.path(), wrong);
        let text = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{text}");
        assert!(text.contains(why), "{text}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("sha256").count(), 3);

    let served = Served::start_in(folder, &guarded(), &[]);
    assert!(served.addr.starts_with("https://"), "{}", served.addr);
    write(served.folder.path(), "token", &format!("{secret}\n"));
    write(served.folder.path(), "wrong", "pricer_canary");
    let ask = |token: Option<&str>| {
        let mut command = Command::new(PRICER);
        command.args(["quote", "A", "--market", "DE", "--channel", "own", "--addr", &served.addr]);
        command.arg("--ca").arg(tls("ca.pem"));
        if let Some(name) = token {
            command.arg("--token-file").arg(served.folder.path().join(name));
        }
        command.output().unwrap()
    };
    let answer = ask(Some("token"));
    assert!(String::from_utf8_lossy(&answer.stdout).starts_with("17.85 EUR"), "{answer:?}");
    for without in [None, Some("wrong")] {
        let refused = ask(without);
        assert_eq!(refused.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("CREDENTIALS_REQUIRED"), "{refused:?}");
    }
    // A batch takes another role than a quote; who is not let in is told so, and not kept waiting.
    for (name, code, said) in [("batcher", 0, "17.85 EUR"), ("token", 1, "ROLE_LACKS_METHOD")] {
        let mut command = Command::new(PRICER);
        command.args("watch A --market DE --channel own --count 1 --addr".split(' ')).arg(&served.addr);
        command.arg("--ca").arg(tls("ca.pem")).arg("--token-file").arg(served.folder.path().join(name));
        let watched = command.output().unwrap();
        let text = String::from_utf8_lossy(&watched.stdout) + String::from_utf8_lossy(&watched.stderr);
        assert_eq!(watched.status.code(), Some(code), "{text}");
        assert!(text.contains(said), "{text}");
    }
    let log = served.log();
    assert!(!log.contains(&secret) && !log.contains(CANARY), "{log}");
    assert!(log.contains(r#""caller":"shop-de""#) && log.contains(r#""code":"UNAUTHENTICATED""#), "{log}");
}

#[test]
fn settings_are_checked_shown_and_refused() {
    let folder = shop();
    write(folder.path(), "principals.toml", "[shop]\nroles = [\"quoter\"]\n");
    let check = |text: &str| {
        write(folder.path(), "pricer.toml", text);
        let file = folder.path().join("pricer.toml");
        let done = Command::new(PRICER)
            .args(["serve", "--check-config", "--config"])
            .arg(&file)
            .env("PRICER_LIMITS_STREAMS", "12")
            .output()
            .unwrap();
        let text = String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap();
        (done.status.code(), text.replace(&format!("{}/", folder.path().display()), ""))
    };
    let (code, text) = check(&format!("rulebook = \"rules\"\nlisten = \"0.0.0.0:7\"\n{}", guarded()));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("streams = 12") && text.contains("# PRICER_LIMITS_STREAMS"), "{text}");
    let (code, text) = check("rulebook = \"rules\"\nlisten = \"0.0.0.0:7\"\n[limits]\nquotes = -1\n");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("pricer.toml:2:10: 0.0.0.0:7 can be reached"), "{text}");
    assert!(text.contains("pricer.toml:4:10: `limits.quotes`"), "{text}");
    let text = format!("rulebook = \"rules\"\n{}", guarded().replace("principals.toml", "nowhere.toml"));
    let (code, text) = check(&text.replace("server.key", "server.pem"));
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("nowhere.toml: cannot be read") && text.contains("no private key in PEM"),
        "{text}"
    );
    // Keys of quote tokens are looked at too, and shown nowhere.
    write(folder.path(), "keys", "2026-11 canary\n");
    let (code, text) = check("rulebook = \"rules\"\n[quotes]\nkeys = \"keys\"\n");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("keys`: line 1: a secret is 64") && !text.contains(CANARY), "{text}");
    let given = "serve --check-config --rulebook r --history h.csv --quote-validity 5m --job-threads 3";
    let given = pricer(&given.split(' ').collect::<Vec<_>>());
    let text = String::from_utf8(given.stdout).unwrap();
    for (line, option) in [
        ("history = \"h.csv\"", "--history"),
        ("validity = \"5m\"", "--quote-validity"),
        ("threads = 3", "--job-threads"),
    ] {
        assert!(
            text.lines().any(|shown| shown.starts_with(line) && shown.ends_with(option)),
            "{line}\n{text}"
        );
    }
    let wrong = pricer(&["serve", "--check-config", "--rulebook", "r", "--quote-validity", "5"]);
    let text = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        wrong.status.code() == Some(2) && text.contains("--quote-validity: `quotes.validity`: `5`"),
        "{text}"
    );
    let nothing = pricer(&["serve", "--check-config"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("say which rulebook to serve"));
}

/// S3, S4, S5: whatever is in names, markets, ids and headers, the log has one JSON object a line, nothing of what was
/// asked, and no file is touched.
#[test]
fn whatever_is_asked_the_log_stays_clean() {
    let served = Served::start("[log]\nrequests = \"all\"\n");
    let payloads = [
        "canary\n{\"level\":\"ERROR\"}".to_owned(),
        "canary\r\u{1b}[31m\u{202e}\0".to_owned(),
        "../../etc/passwd canary".to_owned(),
        "canary ".repeat(9_000),
        "%63anary canary\u{2028}".to_owned(),
    ];
    runtime().block_on(async {
        let mut client =
            pricer::service::proto::pricing_service_client::PricingServiceClient::new(served.channel().await);
        for payload in &payloads {
            let fields: [fn(&mut QuotePriceRequest, String); 5] = [
                |request, text| request.item = Some(Item::Sku(text)),
                |request, text| request.market = text,
                |request, text| request.channel = text,
                |request, text| request.customer_segment = text,
                |request, text| request.release = Some(text),
            ];
            for field in fields {
                let mut request = known("A");
                field(&mut request, payload.clone());
                let mut request = tonic::Request::new(request);
                for id in ["ok-1", "canary \u{7f}"] {
                    if let Ok(value) = id.parse() {
                        request.metadata_mut().insert("x-request-id", value);
                    }
                }
                let status = client.quote_price(request).await.unwrap_err();
                assert!(status.message().len() < 2_000, "{}", status.message().len());
            }
        }
        let mut named = tonic::Request::new(known("A"));
        named.metadata_mut().insert("x-request-id", "order-7".parse().unwrap());
        let answer = client.quote_price(named).await.unwrap();
        assert_eq!(answer.metadata().get("x-request-id").unwrap(), "order-7");
    });
    served.until("the last call is not logged", |served| served.log().contains("order-7"));
    let log = served.log();
    for line in log.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?}"));
        assert!(value.is_object() && !line.bytes().any(|byte| byte < 0x20), "{line:?}");
    }
    assert!(!log.contains(CANARY), "{log}");
    assert!(log.lines().filter(|line| line.contains("QuotePrice")).count() == 26, "{log}");
    assert!(!served.page().contains(CANARY));
}
