//! `RulebookService`: what is served, what is wrong with what is not, and why a price is as it is.

use super::answer::{Desk, contained, quote, with_item};
use super::convert::Invalid;
use super::facts::Shown;
use super::findings;
use super::folder::failed_tests;
use super::lock::Counts;
use super::pricing::result;
use super::proto::{self, rulebook_service_server};
use super::state::{Serving, State, locked};
use super::status::{Condition, Failure};
use crate::explain::{Verdict, why_not};
use crate::facts::{FactSet, Rates};
use crate::pricing::view;
use crate::rulebook::{Files, load};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status};

const FILES_MAX: usize = 1_000;
const PATH_BYTES_MAX: usize = 256;
const QUOTES_MAX: usize = 100;
const VERDICTS_MAX: usize = 1_000;
/// Rulebooks that are checked at once; checks take seconds of a core, quotes microseconds.
const CHECKS: usize = 1;

#[derive(Clone, Debug)]
pub struct RulebookService {
    state: Arc<State>,
    desk: Desk,
    checks: Arc<Semaphore>,
}

impl RulebookService {
    #[must_use]
    pub fn new(state: Arc<State>, desk: Desk) -> Self {
        Self { state, desk, checks: Arc::new(Semaphore::new(CHECKS)) }
    }

    fn check(&self, request: proto::CheckRulebookRequest) -> proto::CheckRulebookResponse {
        let texts = request.files.into_iter().map(|(path, text)| (path.into(), text.into()));
        let loaded = load(Files(texts.collect()));
        let rates = self.state.pin().map_or_else(Rates::default, |serving| serving.facts.rates.clone());
        let failed = match request.run_tests {
            true if loaded.release.is_some() => failed_tests(&loaded, &rates),
            _ => Vec::new(),
        };
        let mut results = Vec::new();
        if let Some(release) = &loaded.release {
            let facts = FactSet { rates, ..FactSet::default() };
            let candidate = Serving::new(release.clone(), facts, Counts::of(&loaded, release));
            let answers = request.quotes.into_iter();
            results
                .extend(answers.map(|request| result(contained(|| quote(&candidate, request, &self.desk)))));
        }
        proto::CheckRulebookResponse {
            passed: loaded.release.is_some() && failed.is_empty(),
            diagnostics: findings::all(&loaded.diagnostics, &loaded.files),
            total_diagnostics: i64::try_from(loaded.diagnostics.len()).unwrap_or(i64::MAX),
            failed_tests: failed.into_iter().take(findings::SHOWN_MAX).collect(),
            release: loaded.release.map(|release| release.hash.to_string()).unwrap_or_default(),
            results,
        }
    }

    fn explain(&self, request: proto::ExplainPriceRequest) -> Result<proto::ExplainPriceResponse, Failure> {
        let serving = self.state.pin().ok_or_else(Failure::not_ready)?;
        let Some(mut asked) = request.quote else {
            return Err(Failure::invalid(vec![Invalid::new("quote", "is missing")]));
        };
        asked.explanation_detail = proto::ExplanationDetail::Text.into();
        let below = |mut failure: Failure| {
            failure.invalid.iter_mut().for_each(|invalid| invalid.field.insert_str(0, "quote."));
            failure
        };
        if asked.want_quote_token {
            return Err(Failure::invalid(vec![Invalid::new(
                "quote.want_quote_token",
                "is for PricingService",
            )]));
        }
        let decision = contained(|| quote(&serving, asked.clone(), &self.desk));
        let Some(name) = request.why_not else {
            return Ok(proto::ExplainPriceResponse {
                decision: Some(decision.map_err(below)?),
                verdicts: Vec::new(),
            });
        };
        let verdicts = with_item(&serving, asked, &self.desk, |row, world, served, given| {
            let facts = match served {
                Some(served) => {
                    Shown { served, uploaded: self.state.uploaded(served.row) }.texts(&world.release.schema)
                }
                None => given.cloned().unwrap_or_default(),
            };
            let view =
                view(row, world).map_err(|refusal| Failure::refused(&refusal, world, &row.item.sku))?;
            let verdicts = why_not(&name, &view, &facts);
            if verdicts.is_empty() {
                let message = format!("there is no rule {name:?} in this market and channel");
                return Err(Failure::new(Condition::RuleNotFound, message).with("rule", &name));
            }
            Ok(verdicts.iter().take(VERDICTS_MAX).map(verdict).collect())
        });
        // An item without a price is the very case in which somebody asks why a rule does not hold.
        Ok(proto::ExplainPriceResponse { verdicts: verdicts.map_err(below)?, decision: decision.ok() })
    }
}

fn verdict(verdict: &Verdict<'_>) -> proto::RuleVerdict {
    let info = &verdict.rule.info;
    let boxes = verdict.boxes.iter().map(|conditions| proto::ScopeBox {
        conditions: conditions
            .iter()
            .map(|condition| proto::Condition {
                attribute: condition.attribute.to_owned(),
                wants: condition.wants.to_owned(),
                has: condition.has.clone(),
                holds: condition.holds,
            })
            .collect(),
    });
    proto::RuleVerdict {
        rule: info.label.to_string(),
        file: info.at.file.to_string(),
        line: info.at.line.try_into().unwrap_or(0),
        open: verdict.open,
        holds: verdict.holds,
        boxes: boxes.collect(),
        beaten_by: verdict.beaten_by.unwrap_or_default().to_owned(),
    }
}

/// What is wrong with the request itself, before anything is read.
fn invalid(request: &proto::CheckRulebookRequest) -> Vec<Invalid> {
    let mut bad = Vec::new();
    if FILES_MAX < request.files.len() {
        let why = format!("has {} files, at most {FILES_MAX} are read", request.files.len());
        bad.push(Invalid::new("files", why));
    }
    for path in request.files.keys().filter(|path| !is_path(path)).take(8) {
        let why = "is no path in a rulebook, such as `rules/base.toml`";
        bad.push(Invalid::new(format!("files[{path:?}]"), why));
    }
    let inline = |quote: &proto::QuotePriceRequest| {
        matches!(quote.item, Some(proto::quote_price_request::Item::ItemFacts(_)))
    };
    for (at, _) in request.quotes.iter().enumerate().filter(|(_, quote)| !inline(quote)).take(8) {
        bad.push(Invalid::new(
            format!("quotes[{at}].item"),
            "must be `item_facts`: served facts are of another release",
        ));
    }
    bad
}

/// A relative path with `/`, of names that start neither with a dot nor a blank.
fn is_path(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    path.len() <= PATH_BYTES_MAX && path.split('/').all(is_name)
}

#[tonic::async_trait]
impl rulebook_service_server::RulebookService for RulebookService {
    async fn check_rulebook(
        &self,
        request: Request<proto::CheckRulebookRequest>,
    ) -> Result<Response<proto::CheckRulebookResponse>, Status> {
        let request = request.into_inner();
        let bad = invalid(&request);
        if !bad.is_empty() {
            return Err(Failure::invalid(bad).into());
        }
        if QUOTES_MAX < request.quotes.len() {
            return Err(Failure::batch_too_large("quotes", request.quotes.len(), QUOTES_MAX).into());
        }
        let Ok(permit) = self.checks.clone().try_acquire_owned() else {
            return Err(Failure::new(Condition::Overloaded, "another rulebook is being checked").into());
        };
        let service = self.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let answer = contained(|| Ok(service.check(request)));
            drop(permit);
            answer
        });
        let gone = |_| {
            Failure::new(Condition::Internal, "the check failed for a reason of our own; please report it")
        };
        Ok(Response::new(checked.await.map_err(gone)??))
    }

    async fn get_release(
        &self,
        request: Request<proto::GetReleaseRequest>,
    ) -> Result<Response<proto::GetReleaseResponse>, Status> {
        let wanted = request.into_inner().release;
        if self.state.pin().is_none() {
            return Err(Failure::not_ready().into());
        }
        let releases = locked(&self.state.releases);
        let release = releases.find(wanted.as_deref()).ok_or_else(|| {
            let message =
                format!("release {:?} has not been served by this process", wanted.unwrap_or_default());
            Failure::new(Condition::ReleaseNotFound, message)
        })?;
        Ok(Response::new(proto::GetReleaseResponse { release: Some(release), rejected: releases.rejected() }))
    }

    async fn list_releases(
        &self,
        _: Request<proto::ListReleasesRequest>,
    ) -> Result<Response<proto::ListReleasesResponse>, Status> {
        if self.state.pin().is_none() {
            return Err(Failure::not_ready().into());
        }
        let releases = locked(&self.state.releases);
        let answer = proto::ListReleasesResponse { releases: releases.list(), rejected: releases.rejected() };
        Ok(Response::new(answer))
    }

    async fn explain_price(
        &self,
        request: Request<proto::ExplainPriceRequest>,
    ) -> Result<Response<proto::ExplainPriceResponse>, Status> {
        let (service, request) = (self.clone(), request.into_inner());
        let explained = tokio::task::spawn_blocking(move || contained(|| service.explain(request)));
        let gone = |_| {
            Failure::new(Condition::Internal, "the request failed for a reason of our own; please report it")
        };
        Ok(Response::new(explained.await.map_err(gone)??))
    }
}

#[cfg(test)]
mod tests {
    use super::is_path;

    #[test]
    fn paths_stay_inside_the_rulebook() {
        for good in ["rulebook.toml", "rules/base.toml", "tables/2026_plan-b.csv"] {
            assert!(is_path(good), "{good}");
        }
        let long = "a".repeat(257);
        for bad in
            ["", "/etc/passwd", "../x", "rules/../x", "a//b", "a/", ".git/config", "a\\b", "a\0b", "ä", &long]
        {
            assert!(!is_path(bad), "{bad}");
        }
    }
}
