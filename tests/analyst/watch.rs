//! Who notices a changed rulebook: `check`, the rulebook's own tests, the golden catalog, or nobody.

use super::golden::{Answer, Probe, ask, columns};
use pricer::batch::{Feeds, load_facts};
use pricer::facts::{Rates, parse_instant};
use pricer::pricing::Release;
use pricer::rulebook::{Evidence, Files, Loaded, Severity, load, load_with, run_tests};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Who noticed first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noticed {
    /// `check` finds an error, with these codes.
    Stopped(BTreeSet<String>),
    /// `check` finds a warning that the right rulebook does not have.
    Warned(BTreeSet<String>),
    /// One of the rulebook's own tests fails.
    Tested(String),
    /// A price of the golden catalog is another.
    Priced(String),
    /// A price is the same, but not what `reprice` writes or says about it.
    Reported(String),
    Nobody,
}

impl Noticed {
    pub const KINDS: [&str; 6] = [
        "stopped by check",
        "warned by check",
        "fails a test",
        "alters a price",
        "alters the report",
        "nobody notices",
    ];

    pub fn kind(&self) -> usize {
        match self {
            Self::Stopped(_) => 0,
            Self::Warned(_) => 1,
            Self::Tested(_) => 2,
            Self::Priced(_) => 3,
            Self::Reported(_) => 4,
            Self::Nobody => 5,
        }
    }

    pub fn by_check(&self) -> bool {
        self.kind() < 2
    }
}

/// The right rulebook and what it answers.
#[derive(Clone)]
pub struct Watch {
    pub folder: PathBuf,
    pub files: Files,
    probes: Vec<Probe>,
    answers: Vec<Result<Answer, String>>,
    columns: String,
    warnings: BTreeSet<(String, String)>,
    rates: Rates,
    /// `check --catalog`.
    catalog: bool,
}

/// When the facts of the model were known.
const AT: &str = "2026-11-18T10:00:00+01:00";

impl Watch {
    pub fn new(folder: PathBuf, probes: impl FnOnce(&Release, &Files) -> Vec<Probe>) -> Self {
        let files = Files::read_dir(&folder).unwrap();
        let loaded = load(files.clone());
        let release = loaded.release.unwrap();
        let rates = pricer::batch::load_rates(&folder.join("feeds/fx.csv")).unwrap().0;
        assert_eq!(run_tests(&release, &loaded.tests, &rates).failed(), 0);
        let probes = probes(&release, &files);
        let answers = probes.iter().map(|probe| ask(&release, probe).map(|(answer, _)| answer)).collect();
        let warnings = loaded.diagnostics.iter().map(|found| (found.code.to_owned(), found.title.clone()));
        Self {
            columns: columns(&release, &folder).unwrap(),
            warnings: warnings.collect(),
            folder,
            files,
            probes,
            answers,
            rates,
            catalog: false,
        }
    }

    /// Check looks at the catalog too.
    pub fn with_catalog(&self) -> Self {
        let mut watch = self.clone();
        watch.catalog = true;
        let loaded = watch.load(self.files.clone());
        let warnings = loaded.diagnostics.iter().map(|found| (found.code.to_owned(), found.title.clone()));
        watch.warnings = warnings.collect();
        watch
    }

    fn load(&self, files: Files) -> Loaded {
        if !self.catalog {
            return load(files);
        }
        load_with(files, &mut |release| {
            let feed = |name: &str| self.folder.join("feeds").join(name);
            let [items, offers, rates] = ["items.csv", "offers.csv", "fx.csv"].map(feed);
            let (items, offers, rates) = (Some(&*items), Some(&*offers), Some(&*rates));
            let feeds = Feeds { items, offers, rates, ..Feeds::default() };
            let facts = load_facts(release, feeds).ok()?.0;
            Some(Evidence { name: "catalog items.csv".into(), facts, at: parse_instant(AT).unwrap() })
        })
    }

    pub fn len(&self) -> usize {
        self.probes.len()
    }

    /// Who notices that a file has this text instead of its own.
    pub fn notices(&self, path: &str, text: &str) -> Noticed {
        let mut files = self.files.clone();
        files.0.insert(path.into(), text.into());
        self.notices_files(files)
    }

    pub fn notices_files(&self, files: Files) -> Noticed {
        let loaded = self.load(files);
        let codes = |severity: Severity| -> BTreeSet<String> {
            let of = loaded.diagnostics.iter().filter(|found| found.severity == severity);
            let new =
                of.filter(|found| !self.warnings.contains(&(found.code.to_owned(), found.title.clone())));
            new.map(|found| found.code.to_owned()).collect()
        };
        let Some(release) = loaded.release.as_ref().filter(|_| !loaded.has_errors()) else {
            return Noticed::Stopped(codes(Severity::Error));
        };
        let warnings = codes(Severity::Warning);
        if !warnings.is_empty() {
            return Noticed::Warned(warnings);
        }
        let results = run_tests(release, &loaded.tests, &self.rates);
        if let Some(report) = results.reports.iter().find(|report| report.failed()) {
            return Noticed::Tested(report.name.to_string());
        }
        let mut reported = None;
        for (probe, right) in self.probes.iter().zip(&self.answers) {
            let answer = ask(release, probe).map(|(answer, _)| answer);
            if answer == *right {
                continue;
            }
            let told = |answer: &Result<Answer, String>| match answer {
                Ok(answer) => format!("{} ({})", answer.price, answer.rest),
                Err(why) => why.clone(),
            };
            let sku = probe.item.get("sku").map_or("", String::as_str);
            let line =
                format!("{sku} {}/{}: {} → {}", probe.market, probe.channel, told(right), told(&answer));
            let same_price = matches!((&answer, right), (Ok(one), Ok(other)) if one.price == other.price);
            if !same_price {
                return Noticed::Priced(line);
            }
            reported.get_or_insert(line);
        }
        if let Some(line) = reported {
            return Noticed::Reported(line);
        }
        match columns(release, &self.folder) {
            Err(error) => Noticed::Reported(error.to_string()),
            Ok(said) if said != self.columns => Noticed::Reported(said),
            Ok(_) => Noticed::Nobody,
        }
    }
}
