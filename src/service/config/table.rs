//! The table of all settings: what `pricer.toml`, the environment, `--check-config` and the documentation know.

use super::Settings;
use super::values::{duration, number, show_duration, show_size, size};
use crate::facts::parse_percent;
use crate::money::Ratio;
use crate::service::LogRequests;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// As `pricer.toml` writes it: `listen`, or `limits.connections` for a key of `[limits]`.
    pub key: &'static str,
    pub about: &'static str,
    /// What may be given, in words.
    pub allowed: fn() -> String,
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
    /// The value as `pricer.toml` writes it; empty when there is none.
    pub show: fn(&Settings) -> String,
    /// A path, which a file gives relative to its own folder.
    pub is_path: bool,
}

impl Setting {
    /// `PRICER_LIMITS_CONNECTIONS`
    #[must_use]
    pub fn variable(&self) -> String {
        format!("PRICER_{}", self.key.replace('.', "_").to_uppercase())
    }
}

macro_rules! path {
    ($key:literal, $($field:ident).+, $about:literal) => {
        Setting {
            key: $key,
            about: $about,
            allowed: || "a path".to_owned(),
            set: |settings, text| {
                settings.$($field).+ = Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty());
                Ok(())
            },
            show: |settings| settings.$($field).+.as_ref().map_or_else(String::new, |path| quoted(&path.display())),
            is_path: true,
        }
    };
}

macro_rules! count {
    ($key:literal, $($field:ident).+, $range:expr, $about:literal) => {
        Setting {
            key: $key,
            about: $about,
            allowed: || format!("{} to {}", $range.start(), $range.end()),
            set: |settings, text| {
                settings.$($field).+ = number(text, &$range)?;
                Ok(())
            },
            show: |settings| settings.$($field).+.to_string(),
            is_path: false,
        }
    };
}

macro_rules! time {
    ($key:literal, $($field:ident).+, $low:literal .. $high:literal, $about:literal) => {
        Setting {
            key: $key,
            about: $about,
            allowed: || {
                let ends = [$low, $high].map(|millis| show_duration(Duration::from_millis(millis)));
                format!("{} to {}", ends[0], ends[1])
            },
            set: |settings, text| {
                let range = Duration::from_millis($low)..=Duration::from_millis($high);
                settings.$($field).+ = duration(text, &range)?;
                Ok(())
            },
            show: |settings| quoted(&show_duration(settings.$($field).+)),
            is_path: false,
        }
    };
}

macro_rules! share {
    ($key:literal, $($field:ident).+, $about:literal) => {
        Setting {
            key: $key,
            about: $about,
            allowed: || "0% to 100%".to_owned(),
            set: |settings, text| {
                let share = parse_percent(text).ok().filter(|share| (Ratio::ZERO..=Ratio::ONE).contains(share));
                settings.$($field).+ = share.ok_or_else(|| format!("`{text}` is no share such as `10%`"))?;
                Ok(())
            },
            show: |settings| quoted(&settings.$($field).+.to_percent_text(7)),
            is_path: false,
        }
    };
}

macro_rules! bytes {
    ($key:literal, $($field:ident).+, $low:expr => $high:expr, $about:literal) => {
        Setting {
            key: $key,
            about: $about,
            allowed: || format!("{} to {}", show_size($low), show_size($high)),
            set: |settings, text| {
                let bytes = size(text, &($low..=$high))?;
                settings.$($field).+ = bytes.try_into().map_err(|_| format!("`{text}` is too large"))?;
                Ok(())
            },
            show: |settings| quoted(&show_size(u64::try_from(settings.$($field).+).unwrap_or(u64::MAX))),
            is_path: false,
        }
    };
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// In the order of the documentation.
pub const SETTINGS: &[Setting] = &[
    path!(
        "rulebook",
        rulebook,
        "The rulebook folder. A change is served when it is whole and passes check and tests. Needed."
    ),
    path!(
        "items",
        items,
        "Items, CSV or Parquet. Without it only items described in the request are priced."
    ),
    path!("offers", offers, "Offers of rivals, CSV or Parquet."),
    path!("fx", fx, "Exchange rates, CSV or Parquet."),
    path!(
        "history",
        history,
        "The prices that were in force, CSV or Parquet. Without it rules that ask for them know none."
    ),
    Setting {
        key: "listen",
        about: "Where to answer gRPC. Any address but a loopback one needs TLS and principals.",
        allowed: || "an address and a port".to_owned(),
        set: |settings, text| {
            settings.listen = address(text)?;
            Ok(())
        },
        show: |settings| quoted(&settings.listen),
        is_path: false,
    },
    Setting {
        key: "metrics",
        about: "Where Prometheus finds `/metrics`: a loopback address, or `off`.",
        allowed: || "`off`, or a loopback address and a port".to_owned(),
        set: |settings, text| {
            settings.metrics = match text {
                "off" => None,
                _ => Some(address(text)?),
            };
            Ok(())
        },
        show: |settings| settings.metrics.map_or_else(|| quoted(&"off"), |address| quoted(&address)),
        is_path: false,
    },
    path!(
        "tls.certificate",
        certificate,
        "The service's certificate in PEM, then those between it and the authority."
    ),
    path!("tls.key", key, "The certificate's private key in PEM."),
    path!(
        "tls.client_ca",
        client_ca,
        "Who signs the certificates of clients, in PEM. Without it clients show none."
    ),
    Setting {
        key: "tls.client_certificate",
        about: "Whether a client may come without a certificate, with a token alone. Needs `tls.client_ca`.",
        allowed: || "`required` or `optional`".to_owned(),
        set: |settings, text| {
            settings.is_client_certificate_optional = match text {
                "required" => false,
                "optional" => true,
                _ => return Err(format!("`{text}` is neither `required` nor `optional`")),
            };
            Ok(())
        },
        show: |settings| {
            quoted(&if settings.is_client_certificate_optional { "optional" } else { "required" })
        },
        is_path: false,
    },
    path!(
        "auth.principals",
        principals,
        "Who may call, and with which roles: see `pricer token`. Without it everybody on this machine may do everything."
    ),
    path!(
        "quotes.keys",
        quote_keys,
        "The keys of quote tokens, a line each: see api.md. Followed. Without it tokens end with the process."
    ),
    time!(
        "quotes.validity",
        quote_validity,
        1_000..86_400_000,
        "How long a recommended price and its token hold at most."
    ),
    count!(
        "jobs.threads",
        job_threads,
        (0..=1_024_usize),
        "Threads of jobs that price everything; they give way to quotes. 0 is half the cores."
    ),
    Setting {
        key: "log.requests",
        about: "Which calls get a log line: none, those that failed for a reason to look at (at most 20 a second), or all.",
        allowed: || "`off`, `failures` or `all`".to_owned(),
        set: |settings, text| {
            settings.log_requests = match text {
                "off" => LogRequests::Off,
                "failures" => LogRequests::Failures,
                "all" => LogRequests::All,
                _ => return Err(format!("`{text}` is none of `off`, `failures`, `all`")),
            };
            Ok(())
        },
        show: |settings| {
            quoted(&match settings.log_requests {
                LogRequests::Off => "off",
                LogRequests::Failures => "failures",
                LogRequests::All => "all",
            })
        },
        is_path: false,
    },
    time!("reload.poll", timing.poll, 10..3_600_000, "How often the rulebook folder is looked at."),
    time!(
        "reload.quiet",
        timing.quiet,
        0..3_600_000,
        "How long nothing may have changed before a change without a lock is looked at."
    ),
    time!("reload.read", timing.read, 100..600_000, "How long reading the folder may take."),
    time!("reload.decide", timing.decide, 1_000..86_400_000, "How long check, tests and feeds may take."),
    share!(
        "feeds.max_bad",
        timing.feeds.max_bad,
        "The share of rows of a feed file that may be unreadable when it has changed, unless it had as many before; else the last good one stays."
    ),
    share!(
        "feeds.max_loss",
        timing.feeds.max_loss,
        "The share of its rows that a feed file may have lost when it has changed; else the last good one stays."
    ),
    count!(
        "limits.connections",
        limits.connections,
        (1..=1_000_000_usize),
        "Open connections; more wait to be accepted. At most the file descriptors allowed, less 64."
    ),
    count!(
        "limits.connections_per_address",
        limits.connections_per_address,
        (1..=1_000_000_usize),
        "Open connections from one address of another machine; more are closed at once."
    ),
    time!(
        "limits.first_byte",
        limits.first_byte,
        10..600_000,
        "A connection that has not begun to speak HTTP/2 by then is closed."
    ),
    time!("limits.handshake", limits.handshake, 100..600_000, "How long a TLS handshake may take."),
    count!("limits.handshakes", limits.handshakes, (1..=100_000_usize), "TLS handshakes at once."),
    count!(
        "limits.streams_per_connection",
        limits.streams_per_connection,
        (1..=10_000_u32),
        "Calls at once on one connection."
    ),
    count!(
        "limits.local_resets",
        limits.local_resets,
        (1..=100_000_usize),
        "Streams a client may make the service reset before its connection is closed (CVE-2025-8671)."
    ),
    count!(
        "limits.pending_resets",
        limits.pending_resets,
        (1..=10_000_usize),
        "Streams a client may reset before they are looked at before its connection is closed (CVE-2023-44487)."
    ),
    bytes!("limits.header_bytes", limits.header_bytes, KIB => MIB, "The headers of a call."),
    bytes!("limits.frame_bytes", limits.frame_bytes, 16 * KIB => 16 * MIB - 1, "One HTTP/2 frame."),
    bytes!("limits.request_bytes", limits.request_bytes, KIB => 256 * MIB, "One message to the service."),
    bytes!("limits.response_bytes", limits.response_bytes, KIB => 256 * MIB, "One message from the service."),
    bytes!("limits.unsent_bytes", limits.unsent_bytes, 16 * KIB => 64 * MIB, "What is made ready for a stream whose client does not read."),
    count!("limits.quotes", limits.quotes, (1..=100_000_usize), "Quotes at once."),
    count!(
        "limits.quotes_waiting",
        limits.quotes_waiting,
        (0..=1_000_000_usize),
        "Quotes that may wait for a place; more are refused at once."
    ),
    count!("limits.batches", limits.batches, (1..=1_000_usize), "Batches at once."),
    count!(
        "limits.batches_waiting",
        limits.batches_waiting,
        (0..=100_000_usize),
        "Batches that may wait for a place."
    ),
    count!(
        "limits.streams",
        limits.streams,
        (1..=100_000_usize),
        "Streams at once; more are refused at once."
    ),
    count!(
        "limits.uploaded_rows",
        limits.uploaded_rows,
        (1..=1_000_000_000_usize),
        "Uploaded rows that are kept in memory, each SKU, market and channel (or rival) once; more are refused (`FACTS_FULL`)."
    ),
    time!(
        "limits.queue_age",
        limits.queue_age,
        1..60_000,
        "A quote that waited longer is refused: its caller has likely given up."
    ),
    time!("limits.batch_queue_age", limits.batch_queue_age, 1..600_000, "The same for a batch."),
    time!(
        "limits.quote_deadline",
        limits.quote_deadline,
        1..600_000,
        "How long a quote may take; the caller's own deadline counts if it is earlier."
    ),
    time!("limits.batch_deadline", limits.batch_deadline, 1..86_400_000, "The same for a batch."),
    time!(
        "limits.keepalive",
        limits.keepalive,
        1_000..86_400_000,
        "How often a silent connection is asked whether it is alive."
    ),
    time!(
        "limits.keepalive_answer",
        limits.keepalive_answer,
        100..3_600_000,
        "How long that answer may take before the connection is closed."
    ),
    time!(
        "limits.connection_age",
        limits.connection_age,
        1_000..604_800_000,
        "How old a connection may become before its client is asked to connect again; up to a tenth less, so that not all come back at once."
    ),
    time!(
        "limits.connection_age_grace",
        limits.connection_age_grace,
        0..86_400_000,
        "How long its calls may then take to end."
    ),
    time!(
        "limits.drain",
        limits.drain,
        0..3_600_000,
        "How long calls may take to end when the service is told to; the process is gone a second later."
    ),
];

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an address such as `127.0.0.1:50051`"))
}

fn quoted(text: &dyn std::fmt::Display) -> String {
    format!("\"{}\"", text.to_string().replace('\\', "\\\\").replace('"', "\\\""))
}

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let defaults = Settings::default();
    let mut text = "| key | default | allowed | meaning |\n|---|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let default = (setting.show)(&defaults);
        let default = if default.is_empty() { "none".to_owned() } else { format!("`{default}`") };
        let (key, allowed, about) = (setting.key, (setting.allowed)(), setting.about);
        text += &format!("| `{key}` | {default} | {allowed} | {about} |\n");
    }
    text
}
