//! Settings from files and variables, and the page that documents them.

use super::*;
use crate::service::access;

fn draft(text: &str, variables: &[(&str, &str)]) -> Draft {
    let mut draft = Draft::default();
    draft.text(Source { name: "pricer.toml", text }, Path::new("/etc/pricer"));
    draft.environment(variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    draft
}

fn problems(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    draft(text, variables).finish().unwrap_err().iter().map(Problem::to_string).collect()
}

#[test]
fn the_environment_overrides_the_file_and_paths_are_the_files() {
    let text = "rulebook = \"rules\"\nmetrics = \"off\"\n[limits]\nquotes = 7\nqueue_age = \"20ms\"\nrequest_bytes = \"1MiB\"\n";
    let (settings, effect) =
        draft(text, &[("PRICER_LIMITS_QUOTES", "9"), ("PRICER_CASES", "x")]).finish().unwrap();
    assert_eq!(settings.rulebook.as_deref(), Some(Path::new("/etc/pricer/rules")));
    assert_eq!((settings.metrics, settings.limits.quotes), (None, 9));
    assert_eq!(settings.limits.queue_age.as_millis(), 20);
    assert_eq!(settings.limits.request_bytes, 1 << 20);
    let shown = effect.toml(&settings);
    assert!(
        shown.lines().any(|line| line.starts_with("quotes = 9") && line.ends_with("# PRICER_LIMITS_QUOTES")),
        "{shown}"
    );
    assert!(
        shown
            .lines()
            .any(|line| line.starts_with("queue_age = \"20ms\"") && line.ends_with("# pricer.toml:5:13")),
        "{shown}"
    );
    // What is shown is what is read.
    let mut again = Draft::default();
    again.text(Source { name: "shown", text: &shown }, Path::new(""));
    assert_eq!(again.finish().unwrap().0, settings);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let text = "rulebok = \"rules\"\nlisten = \"0.0.0.0:1\"\n[limits]\nquotes = 0\nqueue_age = 20\nqutes = 1\n[tls]\nkey = \"k\"\n[limit]\n";
    let found = problems(text, &[("PRICER_LIMITS_QUOTE", "9"), ("PRICER_METRICS", "here")]);
    for expected in [
        "pricer.toml:1:1: unknown key `rulebok`: did you mean `rulebook`?",
        "pricer.toml:2:10: 0.0.0.0:1 can be reached from other machines",
        "pricer.toml:4:10: `limits.quotes`: `0` is not a whole number from 1 to 100000",
        "pricer.toml:5:13: `limits.queue_age`: `20` is not a duration such as `500ms`",
        "pricer.toml:6:1: unknown key `limits.qutes`: did you mean `limits.quotes`?",
        "pricer.toml:8:7: `tls.key` needs `tls.certificate`",
        "pricer.toml:9:2: unknown key `limit`: did you mean `limits`?",
        "PRICER_LIMITS_QUOTE: this variable names no setting: did you mean `PRICER_LIMITS_QUOTES`?",
        "PRICER_METRICS: `metrics`: `here` is not an address",
        "`rulebook`: say which rulebook to serve",
    ] {
        assert!(found.iter().any(|problem| problem.starts_with(expected)), "{expected}\n{found:#?}");
    }
    assert_eq!(found.len(), 10, "{found:#?}");
    assert!(problems("a = \n", &[])[0].starts_with("pricer.toml:1:5: this is not TOML"));
}

/// S6: who may listen where.
#[test]
fn only_with_tls_and_principals_may_others_come() {
    const TLS: &str = "[tls]\ncertificate = \"c\"\nkey = \"k\"\n";
    const AUTH: &str = "[auth]\nprincipals = \"p\"\n";
    for (listen, metrics, sections, may) in [
        ("127.0.0.1:1", "127.0.0.1:2", "", true),
        ("[::1]:1", "off", "", true),
        ("127.9.9.9:1", "off", "", true),
        ("127.0.0.1:1", "127.0.0.1:2", TLS, true),
        ("127.0.0.1:1", "127.0.0.1:2", AUTH, true),
        ("0.0.0.0:1", "off", "", false),
        ("[::]:1", "off", "", false),
        ("10.0.0.1:1", "off", "", false),
        ("0.0.0.0:1", "off", TLS, false),
        ("0.0.0.0:1", "off", AUTH, false),
        ("0.0.0.0:1", "127.0.0.1:2", &[TLS, AUTH].concat(), true),
        ("0.0.0.0:1", "0.0.0.0:2", &[TLS, AUTH].concat(), false),
    ] {
        let text = format!("rulebook = \"r\"\nlisten = \"{listen}\"\nmetrics = \"{metrics}\"\n{sections}");
        assert_eq!(draft(&text, &[]).finish().is_ok(), may, "{text}");
    }
    let defaults = Settings::default();
    assert!(defaults.listen.ip().is_loopback() && defaults.metrics.unwrap().ip().is_loopback());
}

#[test]
fn every_setting_can_be_given_in_every_way() {
    let defaults = Settings::default();
    let mut names = std::collections::BTreeSet::new();
    for setting in SETTINGS {
        assert!(names.insert(setting.key) && names.insert(Box::leak(setting.variable().into_boxed_str())));
        let shown = (setting.show)(&defaults);
        let text = shown.trim_matches('"');
        let mut settings = defaults.clone();
        (setting.set)(&mut settings, text).unwrap_or_else(|why| panic!("{}: {why}", setting.key));
        assert_eq!(settings, defaults, "{}: its default is allowed and read as it is shown", setting.key);
    }
}

/// `PRICER_BLESS=1` writes the tables of the page.
#[test]
fn the_documentation_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/serve.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut fresh = page.clone();
    let tables = [("settings", table::markdown()), ("roles", access::matrix())];
    for (name, text) in tables {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (before, rest) = fresh.split_once(&open).unwrap_or_else(|| panic!("{open}"));
        let (_, after) = rest.split_once(&close).unwrap_or_else(|| panic!("{close}"));
        fresh = format!("{before}{open}{text}{close}{after}");
    }
    if std::env::var_os("PRICER_BLESS").is_some() {
        std::fs::write(path, &fresh).unwrap();
    } else {
        assert_eq!(page, fresh, "run PRICER_BLESS=1 cargo test --lib service::config");
    }
}

#[test]
fn the_example_is_right() {
    let mut draft = Draft::default();
    draft.file(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/operate/pricer.toml")));
    let (settings, _) = draft.finish().unwrap();
    assert!(!settings.listen.ip().is_loopback() && settings.client_ca.is_some());
}
