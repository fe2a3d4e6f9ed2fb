//! What this process has served, and what it would not.

use super::convert::write_instant;
use super::proto;
use super::reload::Rejected;
use crate::pricing::Release;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many releases are remembered.
const REMEMBERED: usize = 100;

/// The newest first.
#[derive(Debug, Default)]
pub struct Releases {
    served: VecDeque<Served>,
    /// The content of the folder, while it is not accepted.
    rejected: Option<(Rejected, i64)>,
}

#[derive(Clone, Debug)]
struct Served {
    info: proto::ReleaseInfo,
    files: Vec<Box<str>>,
}

impl Releases {
    pub fn serve(&mut self, release: Arc<Release>, files: Vec<Box<str>>, now: i64) {
        self.rejected = None;
        if let Some(last) = self.served.front_mut() {
            last.info.replaced_at = Some(write_instant(now));
        }
        self.served.push_front(Served { info: info(&release, now), files });
        self.served.truncate(REMEMBERED);
    }

    pub fn reject(&mut self, rejected: Rejected, now: i64) {
        self.rejected = Some((rejected, now));
    }

    /// The folder holds the served release again.
    pub fn accept(&mut self) {
        self.rejected = None;
    }

    #[must_use]
    pub fn list(&self) -> Vec<proto::ReleaseInfo> {
        self.served.iter().map(|served| served.info.clone()).collect()
    }

    /// The release in force with its files, or an earlier one by its hash or its first digits.
    #[must_use]
    pub fn find(&self, release: Option<&str>) -> Option<proto::ReleaseInfo> {
        let is_it = |served: &&Served| {
            let hash = served.info.release.as_str();
            release.is_none_or(|wanted| hash == wanted || hash.get(..12) == Some(wanted))
        };
        let served = self.served.iter().find(is_it)?;
        let mut info = served.info.clone();
        if info.replaced_at.is_none() {
            info.files = served.files.iter().map(ToString::to_string).collect();
        }
        Some(info)
    }

    #[must_use]
    pub fn rejected(&self) -> Option<proto::RejectedCandidate> {
        let (rejected, at) = self.rejected.as_ref()?;
        Some(proto::RejectedCandidate {
            rejected_at: Some(write_instant(*at)),
            summary: rejected.summary.clone(),
            diagnostics: rejected.diagnostics.clone(),
            failed_tests: rejected.failed_tests.clone(),
        })
    }
}

fn info(release: &Release, now: i64) -> proto::ReleaseInfo {
    let places = release.places.iter().map(|place| proto::Place {
        market: place.market.to_string(),
        channel: place.channel.to_string(),
        currency_code: place.currency.code(),
    });
    proto::ReleaseInfo {
        release: release.hash.to_string(),
        name: release.name.to_string(),
        loaded_at: Some(write_instant(now)),
        replaced_at: None,
        guards: i32::try_from(release.guard_count).unwrap_or(i32::MAX),
        places: places.collect(),
        customer_segments: release.segments.iter().map(|segment| segment.name.to_string()).collect(),
        files: Vec::new(),
    }
}
