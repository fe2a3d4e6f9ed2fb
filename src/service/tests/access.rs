//! Who may do what, over real TLS: credentials, roles, and what is not shown.

use super::*;
use crate::service::access::token::TokenHash;
use crate::service::access::{Role, row};
use crate::service::method::Method;
use crate::service::tls::TlsFiles;
use proto::ExplanationDetail;
use std::path::PathBuf;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};

fn tls_file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls")).join(name)
}

fn pem(name: &str) -> Vec<u8> {
    std::fs::read(tls_file(name)).unwrap()
}

const TOKEN: &str = "pricer_canary_5f0c";
const EXPIRED: &str = "pricer_canary_expired";

/// One principal for each role, whose token is `TOKEN-role`; `shop` has a certificate and no token.
fn principals() -> String {
    let mut text = "[shop]\nroles = [\"quoter\"]\ncertificate = \"spiffe://orda/shop\"\n".to_owned();
    for role in Role::ALL.map(Role::as_str) {
        let hash = TokenHash::of(format!("{TOKEN}-{role}").as_bytes());
        text += &format!(
            "[{role}]\nroles = [\"{role}\"]\n[[{role}.token]]\nsha256 = \"{hash}\"\nexpires = \"2126-01-01T00:00:00Z\"\n"
        );
    }
    let hash = TokenHash::of(EXPIRED.as_bytes());
    text + &format!(
        "[late]\nroles = [\"quoter\"]\n[[late.token]]\nsha256 = \"{hash}\"\nexpires = \"2020-01-01T00:00:00Z\"\n"
    )
}

struct Guarded {
    service: Running,
    folder: tempfile::TempDir,
}

async fn guarded(client_ca: bool, script: &Arc<Script>) -> Guarded {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("principals.toml");
    std::fs::write(&path, principals()).unwrap();
    let tls = TlsFiles {
        certificate: tls_file("server.pem"),
        key: tls_file("server.key"),
        client_ca: client_ca.then(|| tls_file("ca.pem")),
        is_client_certificate_optional: client_ca,
    };
    let credentials = CredentialFiles { principals: Some(path), tls: Some(tls) };
    let service = start(script, Config { credentials, ..config() }).await;
    Guarded { service, folder }
}

impl Guarded {
    async fn connect(&self, identity: Option<&str>) -> Result<Channel, tonic::transport::Error> {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(pem("ca.pem")))
            .domain_name("localhost");
        let tls = match identity {
            Some(name) => {
                tls.identity(Identity::from_pem(pem(&format!("{name}.pem")), pem(&format!("{name}.key"))))
            }
            None => tls,
        };
        let endpoint = Endpoint::from_shared(format!("https://{}", self.service.addr)).unwrap();
        endpoint.tls_config(tls).unwrap().connect().await
    }
}

fn with_token<T>(message: T, token: Option<&str>) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

async fn quote(
    channel: &Channel,
    request: QuotePriceRequest,
    token: Option<&str>,
) -> Result<Decision, Status> {
    let mut client = proto::pricing_service_client::PricingServiceClient::new(channel.clone());
    let answer = client.quote_price(with_token(request, token)).await?;
    Ok(answer.into_inner().decision.unwrap())
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// S1: every method, asked with an empty message as each kind of caller, is let in exactly where the matrix says so.
#[tokio::test]
async fn every_cell_of_the_matrix_holds() {
    let guarded = guarded(true, &Script::new("guards=1")).await;
    let plain = guarded.connect(None).await.unwrap();
    let shop = guarded.connect(Some("shop")).await.unwrap();
    let nobody = guarded.connect(Some("nobody")).await.unwrap();
    let mut callers: Vec<(&str, &Channel, Option<String>, Option<Role>)> = vec![
        ("no credentials", &plain, None, None),
        ("unknown token", &plain, Some("pricer_guess".to_owned()), None),
        ("expired token", &plain, Some(EXPIRED.to_owned()), None),
        ("unknown certificate", &nobody, None, None),
        ("certificate", &shop, None, Some(Role::Quoter)),
        ("bad token over a good certificate", &shop, Some("pricer_guess".to_owned()), None),
    ];
    for role in Role::ALL {
        callers.push((role.as_str(), &plain, Some(format!("{TOKEN}-{}", role.as_str())), Some(role)));
    }
    let mut cells = 0;
    for method in Method::ALL {
        // Reflection is not served here: the listener is on loopback, so it is.
        for (who, channel, token, role) in &callers {
            let called = call_empty(channel, method.path(), token.as_deref()).await;
            let code = called.as_ref().err().map_or(Code::Ok, Status::code);
            let is_wrong_token = token.is_some() && role.is_none();
            let allowed = match (row(*method).roles, role) {
                _ if is_wrong_token => false,
                (None, _) => true,
                (Some(roles), Some(role)) => roles.contains(role),
                (Some(_), None) => false,
            };
            let refused = matches!(code, Code::Unauthenticated | Code::PermissionDenied);
            assert_eq!(refused, !allowed, "{who} at {}: {called:?}", method.path());
            if refused {
                let expected = if role.is_some() { "ROLE_LACKS_METHOD" } else { "CREDENTIALS_REQUIRED" };
                assert_eq!(reason(&called.unwrap_err()), expected, "{who} at {}", method.path());
            }
            cells += 1;
        }
    }
    assert_eq!(cells, Method::ALL.len() * 12);
    // Who is nobody does not learn which methods there are.
    let missing = "/pricer.v1.PricingService/Nothing";
    assert_eq!(call_empty(&plain, missing, None).await.unwrap_err().code(), Code::Unauthenticated);
    let known = call_empty(&shop, missing, None).await.unwrap_err();
    assert_eq!((known.code(), reason(&known).as_str()), (Code::Unimplemented, "METHOD_UNKNOWN"));
    drop((plain, shop, nobody));
    guarded.service.stop().await.unwrap();
}

/// Calls a method by its path with an empty message, and takes the first answer of a stream.
async fn call_empty(channel: &Channel, path: &'static str, token: Option<&str>) -> Result<(), Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let codec = codec::Codec::<(), ()>::default();
    let messages = tokio_stream::once(());
    let answer = grpc.streaming(with_token(messages, token), PathAndQuery::from_static(path), codec).await?;
    tokio::time::timeout(PATIENCE, answer.into_inner().message()).await.unwrap().map(|_| ())
}

#[tokio::test]
async fn a_certificate_of_somebody_else_opens_no_connection() {
    let guarded = guarded(true, &Script::new("guards=1")).await;
    // The client's handshake may end before the server has looked; the first call fails at the latest.
    let refused = match guarded.connect(Some("stranger")).await {
        Ok(channel) => quote(&channel, known("A"), None).await.is_err(),
        Err(_) => true,
    };
    assert!(refused);
    assert!(guarded.service.quote(known("A")).await.is_err_and(|_| true), "without TLS there is no answer");
    guarded.service.stop().await.unwrap();
}

/// S2: a quoter sees no cost, nor anything it could be reckoned from.
#[tokio::test]
async fn costs_are_shown_to_those_who_may_see_them() {
    let guarded = guarded(false, &Script::new("guards=1")).await;
    let torn = self::guarded(false, &Script::new("guards=2 contradict")).await;
    let (channel, torn_channel) = (guarded.connect(None).await.unwrap(), torn.connect(None).await.unwrap());
    let as_role = |role: Role| format!("{TOKEN}-{}", role.as_str());
    for role in Role::ALL {
        let token = as_role(role);
        let sees = role.sees_costs();
        let mut explained = known("A");
        explained.explanation_detail = ExplanationDetail::Text.into();
        let explained = quote(&channel, explained, Some(&token)).await;
        match (sees, explained) {
            (true, Ok(decision)) => assert!(!decision.steps.is_empty() && decision.margin.is_some()),
            (false, Err(status)) => {
                assert_eq!(
                    (status.code(), reason(&status).as_str()),
                    (Code::PermissionDenied, "ROLE_LACKS_DETAIL")
                );
            }
            (_, other) => panic!("{role:?}: {other:?}"),
        }
        let decision = quote(&channel, known("A"), Some(&token)).await.unwrap();
        assert_eq!(gross(&decision), "17.85 EUR");
        assert_eq!(decision.margin.is_some(), sees);
        if !sees {
            let text = format!("{decision:?}");
            assert!(decision.range.is_none() && decision.guards.is_empty(), "{text}");
            // The cost is 10, the break-even 11.90, the margin a third.
            for secret in ["units: 10,", "units: 11,", "0.333", "guard-"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        let refused = quote(&torn_channel, known("A"), Some(&token)).await.unwrap_err();
        let info = refused.get_error_details().error_info().unwrap().clone();
        assert_eq!(info.reason, "GUARDS_CONTRADICT");
        assert_eq!(info.metadata.contains_key("guard"), sees, "{info:?}");
        assert_eq!(refused.message().contains("guard-"), sees, "{}", refused.message());
    }
    drop((channel, torn_channel));
    guarded.service.stop().await.unwrap();
    torn.service.stop().await.unwrap();
}

#[tokio::test]
async fn principals_change_without_a_restart_and_a_broken_file_changes_nothing() {
    let guarded = guarded(false, &Script::new("guards=1")).await;
    let channel = guarded.connect(None).await.unwrap();
    let (path, token) = (guarded.folder.path().join("principals.toml"), format!("{TOKEN}-quoter"));
    assert!(quote(&channel, known("A"), Some(&token)).await.is_ok());
    let until = async |good: f64| {
        while guarded.service.metric("pricer_credentials_reload_success").await != Some(good) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    std::fs::write(&path, "[quoter\n").unwrap();
    tokio::time::timeout(PATIENCE, until(0.0)).await.unwrap();
    assert!(quote(&channel, known("A"), Some(&token)).await.is_ok(), "the last good file stays");
    std::fs::write(
        &path,
        principals().replace("[quoter]", "[other]").replace("[[quoter.token]]", "[[other.token]]"),
    )
    .unwrap();
    tokio::time::timeout(PATIENCE, until(1.0)).await.unwrap();
    assert!(quote(&channel, known("A"), Some(&token)).await.is_ok(), "the token moved to another name");
    std::fs::write(&path, "[shop]\nroles = [\"quoter\"]\n").unwrap();
    let gone = async {
        while quote(&channel, known("A"), Some(&token)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    let status = quote(&channel, known("A"), Some(&token)).await.unwrap_err();
    assert_eq!(reason(&status), "CREDENTIALS_REQUIRED");
    assert!(!format!("{status:?}").contains(TOKEN));
    drop(channel);
    guarded.service.stop().await.unwrap();
}

#[tokio::test]
async fn a_principal_gets_what_was_agreed_and_others_do_not_feel_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("principals.toml");
    let text = principals().replace("[quoter]\n", "[quoter]\nrequests_per_second = 5\n");
    std::fs::write(&path, text).unwrap();
    let credentials = CredentialFiles { principals: Some(path), tls: None };
    let service = start(&Script::new("guards=1"), Config { credentials, ..config() }).await;
    let channel = Endpoint::from_shared(service.url()).unwrap().connect().await.unwrap();
    let mut refused = 0;
    for _ in 0..20 {
        match quote(&channel, known("A"), Some(&format!("{TOKEN}-quoter"))).await {
            Ok(_) => {}
            Err(status) => {
                assert_eq!(
                    (status.code(), reason(&status).as_str()),
                    (Code::ResourceExhausted, "RATE_LIMITED")
                );
                assert!(status.get_error_details().retry_info().is_some());
                refused += 1;
            }
        }
        quote(&channel, known("A"), Some(&format!("{TOKEN}-batcher"))).await.unwrap();
    }
    assert!((1..=15).contains(&refused), "{refused} of 20 refused");
    assert_eq!(service.metric("pricer_requests_shed_total{reason=\"rate\"}").await, Some(f64::from(refused)));
    drop(channel);
    service.stop().await.unwrap();
}
