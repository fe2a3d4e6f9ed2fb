//! `pricer.toml`, the environment and the command line, in this order: the later wins. All mistakes are told at once.

pub mod problem;
pub mod table;
mod values;

use self::problem::{Problem, Source, plain, suggest};
use self::table::{SETTINGS, Setting};
use super::tls::TlsFiles;
use super::{Config, CredentialFiles, Folder, Limits, LogRequests, ServeError, Timing, may_listen};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::{DeTable, DeValue};

/// What is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub rulebook: Option<PathBuf>,
    pub items: Option<PathBuf>,
    pub offers: Option<PathBuf>,
    pub fx: Option<PathBuf>,
    pub listen: SocketAddr,
    pub metrics: Option<SocketAddr>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub client_ca: Option<PathBuf>,
    pub is_client_certificate_optional: bool,
    pub principals: Option<PathBuf>,
    pub quote_keys: Option<PathBuf>,
    pub quote_validity: Duration,
    pub job_threads: usize,
    pub log_requests: LogRequests,
    pub timing: Timing,
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            rulebook: None,
            items: None,
            offers: None,
            fx: None,
            listen: local(50_051),
            metrics: Some(local(9_464)),
            certificate: None,
            key: None,
            client_ca: None,
            is_client_certificate_optional: false,
            principals: None,
            quote_keys: None,
            quote_validity: Config::default().validity,
            job_threads: Config::default().job_threads,
            log_requests: LogRequests::default(),
            timing: Timing::default(),
            limits: Limits::default(),
        }
    }
}

/// Settings on their way, with where each is from.
#[derive(Debug, Default)]
pub struct Draft {
    settings: Settings,
    origins: BTreeMap<&'static str, String>,
    problems: Vec<Problem>,
}

impl Draft {
    /// Sets `key`, which `place` gives as `text`.
    pub fn set(&mut self, key: &str, text: &str, place: &str) {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return self.problem(place, format!("there is no setting `{key}`"));
        };
        match (setting.set)(&mut self.settings, text) {
            Ok(()) => drop(self.origins.insert(setting.key, place.to_owned())),
            Err(why) => self.problem(place, format!("`{key}`: {why}")),
        }
    }

    /// Reads `pricer.toml`; its paths are relative to its own folder.
    pub fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let folder = path.parent().unwrap_or(Path::new("")).to_owned();
                self.text(Source { name: &name, text: &text }, &folder);
            }
            Err(error) => self.problem(&name, format!("cannot be read: {error}")),
        }
    }

    fn text(&mut self, source: Source<'_>, folder: &Path) {
        match source.parse() {
            Ok(table) => self.table(source, folder, "", table.get_ref()),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn table(&mut self, source: Source<'_>, folder: &Path, section: &str, table: &DeTable<'_>) {
        let sections: Vec<&str> =
            SETTINGS.iter().filter_map(|known| Some(known.key.split_once('.')?.0)).collect();
        for (name, value) in table {
            let key = match section {
                "" => name.get_ref().to_string(),
                _ => format!("{section}.{}", name.get_ref()),
            };
            let problem = |span, message| source.problem(span, message);
            match (value.get_ref(), SETTINGS.iter().find(|known| known.key == key)) {
                (DeValue::Table(inner), None) if section.is_empty() && sections.contains(&key.as_str()) => {
                    self.table(source, folder, &key, inner);
                }
                (value_read, Some(setting)) => match plain(value_read) {
                    Some(text) => {
                        let place = source.problem(value.span(), "").place;
                        let text = match setting.is_path && !text.is_empty() {
                            true => folder.join(text).display().to_string(),
                            false => text,
                        };
                        self.set(&key, &text, &place);
                    }
                    None => {
                        let why = format!("`{key}` is a text or a number: {}", (setting.allowed)());
                        self.problems.push(problem(value.span(), why));
                    }
                },
                (_, None) => {
                    let known = SETTINGS.iter().map(|known| known.key).chain(sections.iter().copied());
                    let known: Vec<&str> = match section {
                        "" => known.filter(|key| !key.contains('.')).collect(),
                        _ => known.filter(|key| key.starts_with(&format!("{section}."))).collect(),
                    };
                    let why = format!("unknown key `{key}`: {}", suggest(&key, known.into_iter()));
                    self.problems.push(problem(name.span(), why));
                }
            }
        }
    }

    /// Reads the variables that name settings. One that begins like a section's but names none is a mistake.
    pub fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let mut variables: Vec<(String, String)> = variables.collect();
        variables.sort();
        for (name, text) in variables {
            if let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == name) {
                self.set(setting.key, &text, &name);
                continue;
            }
            let is_like = |known: &Setting| {
                let section = known.key.split_once('.').map(|(section, _)| section.to_uppercase());
                section.is_some_and(|section| name.starts_with(&format!("PRICER_{section}_")))
            };
            if SETTINGS.iter().any(is_like) {
                let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
                let why = suggest(&name, known.iter().map(String::as_str));
                self.problem(&name, format!("this variable names no setting: {why}"));
            }
        }
    }

    fn problem(&mut self, place: &str, message: String) {
        self.problems.push(Problem { place: place.to_owned(), message });
    }

    /// Where the setting is from, or where it would be.
    fn place(&self, key: &str) -> String {
        self.origins.get(key).cloned().unwrap_or_else(|| format!("`{key}`"))
    }

    /// The settings, when nothing is wrong with them and they go together.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn finish(mut self) -> Result<(Settings, Effect), Vec<Problem>> {
        let settings = self.settings.clone();
        if settings.rulebook.is_none() {
            self.problem(
                "`rulebook`",
                "say which rulebook to serve: `--rulebook DIR`, or `rulebook` in the file".into(),
            );
        }
        let pairs = [
            ("tls.certificate", settings.certificate.is_some(), "tls.key", settings.key.is_some()),
            ("tls.key", settings.key.is_some(), "tls.certificate", settings.certificate.is_some()),
            (
                "tls.client_ca",
                settings.client_ca.is_some(),
                "tls.certificate",
                settings.certificate.is_some(),
            ),
        ];
        for (key, is_given, needed, is_there) in pairs {
            if is_given && !is_there {
                self.problem(&self.place(key), format!("`{key}` needs `{needed}`"));
            }
        }
        if let Err(ServeError::NotLoopback(address)) =
            may_listen(&settings.config(), settings.listen, settings.metrics)
        {
            let key = if address == settings.listen { "listen" } else { "metrics" };
            self.problem(&self.place(key), ServeError::NotLoopback(address).to_string());
        }
        if self.problems.is_empty() { Ok((settings, Effect(self.origins))) } else { Err(self.problems) }
    }
}

/// Where each setting that was given is from.
#[derive(Clone, Debug, Default)]
pub struct Effect(BTreeMap<&'static str, String>);

impl Effect {
    /// All settings as `pricer.toml` would write them. None of them is secret: secrets are in files of their own.
    #[must_use]
    pub fn toml(&self, settings: &Settings) -> String {
        let mut text = String::new();
        let mut section = "";
        for setting in SETTINGS {
            let (own, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
            if own != section {
                text += &format!("\n[{own}]\n");
                section = own;
            }
            let value = (setting.show)(settings);
            let (mark, value) = if value.is_empty() { ("# ", "\"\"".to_owned()) } else { ("", value) };
            let from = self.0.get(setting.key).map_or("default", String::as_str);
            text += &format!("{:<44} # {from}\n", format!("{mark}{name} = {value}"));
        }
        text
    }

    /// What is not as it would be anyway, in a line.
    #[must_use]
    pub fn given(&self, settings: &Settings) -> String {
        let given = SETTINGS.iter().filter(|setting| self.0.contains_key(setting.key));
        let given = given.map(|setting| format!("{} = {}", setting.key, (setting.show)(settings)));
        given.collect::<Vec<_>>().join(", ")
    }
}

impl Settings {
    #[must_use]
    pub fn config(&self) -> Config {
        let tls = self.certificate.clone().zip(self.key.clone()).map(|(certificate, key)| TlsFiles {
            certificate,
            key,
            client_ca: self.client_ca.clone(),
            is_client_certificate_optional: self.is_client_certificate_optional,
        });
        Config {
            limits: self.limits,
            timing: self.timing,
            credentials: CredentialFiles { principals: self.principals.clone(), tls },
            log_requests: self.log_requests,
            validity: self.quote_validity,
            quote_keys: self.quote_keys.clone(),
            job_threads: self.job_threads,
            at: None,
        }
    }

    #[must_use]
    pub fn folder(&self) -> Folder {
        Folder {
            rulebook: self.rulebook.clone().unwrap_or_default(),
            items: self.items.clone(),
            offers: self.offers.clone(),
            rates: self.fx.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
