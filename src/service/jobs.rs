//! Jobs that price everything: one at a time, a few that wait, the last that ended.

use super::Clock;
use super::convert::{self, write_instant};
use super::metrics::Metrics;
use super::proto::{self, RepricingState};
use super::repricing::{current_price, is_over};
use super::secrecy::veil_failure;
use super::state::{Serving, State, locked};
use super::status::{Condition, Failure};
use crate::batch::{Brief, Pool, Swathe, Sweep, SweepTally};
use crate::money::Price;
use crate::pricing::{Place, World};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::{Semaphore, watch};

/// How many jobs may wait for the one that runs.
const WAITING_MAX: usize = 8;
/// How many that ended are kept.
const ENDED_KEPT: usize = 16;
/// How many rows one chunk holds, more only if one item has more places.
const ROWS_MAX: usize = 1_000;

/// All jobs of a process, the newest last.
#[derive(Debug)]
pub struct Jobs {
    jobs: Mutex<VecDeque<Arc<Job>>>,
    pool: Arc<Pool>,
    turn: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    started: std::sync::atomic::AtomicU64,
}

/// What a job prices.
#[derive(Debug)]
pub enum Input {
    /// The fact set that is served when the job starts.
    Served,
    /// Items of the request, and those that cannot be read.
    Given { serving: Arc<Serving>, rejected: Vec<(String, proto::ItemError)> },
}

#[derive(Debug)]
pub struct Job {
    id: String,
    request_id: String,
    /// The whole request, to tell a repetition from another.
    request: Vec<u8>,
    input: Input,
    /// Market and channel, empty for all.
    places: (Box<str>, Box<str>),
    at: Option<i64>,
    cancel: AtomicBool,
    state: watch::Sender<proto::Repricing>,
    results: OnceLock<Arc<Results>>,
}

/// The rows of a job, with what they were made from.
#[derive(Debug)]
pub struct Results {
    serving: Arc<Serving>,
    at: i64,
    swathe: Swathe,
    rejected: Vec<(String, proto::ItemError)>,
}

/// How far a reader of [`Results`] is.
#[derive(Debug, Default)]
pub struct Cursor {
    rejected: usize,
    items: usize,
    rows: usize,
    sku: Option<String>,
}

impl Jobs {
    /// # Errors
    /// The system gives no threads.
    pub fn new(threads: usize, metrics: Arc<Metrics>) -> Result<Self, String> {
        let pool = Arc::new(Pool::new(threads)?);
        let turn = Arc::new(Semaphore::new(1));
        Ok(Self { jobs: Mutex::default(), pool, turn, metrics, started: 0.into() })
    }

    #[must_use]
    pub fn find(&self, id: &str) -> Option<Arc<Job>> {
        locked(&self.jobs).iter().find(|job| job.id == id).cloned()
    }

    /// Starts a job, or finds the one that the same request started.
    ///
    /// # Errors
    /// The id stands for another request, or too many jobs wait.
    #[expect(clippy::too_many_arguments, reason = "a job is all of this, and is made here alone")]
    pub fn start(
        &self,
        request_id: &str,
        request: Vec<u8>,
        input: Input,
        places: (Box<str>, Box<str>),
        at: Option<i64>,
        state: Arc<State>,
        clock: Clock,
    ) -> Result<proto::Repricing, Failure> {
        let mut jobs = locked(&self.jobs);
        if let Some(known) = jobs.iter().find(|job| job.request_id == request_id) {
            if known.request == request {
                return Ok(known.look());
            }
            let message = format!("request_id {request_id:?} stands for another request: choose a new one");
            return Err(Failure::new(Condition::RequestIdReused, message).with("request_id", request_id));
        }
        let open = jobs.iter().filter(|job| !is_over(job.look().state())).count();
        if WAITING_MAX < open {
            return Err(Failure::new(Condition::Overloaded, format!("{open} jobs are waiting already")));
        }
        while ENDED_KEPT <= jobs.iter().filter(|job| is_over(job.look().state())).count() {
            let oldest = jobs.iter().position(|job| is_over(job.look().state()));
            drop(oldest.and_then(|oldest| jobs.remove(oldest)));
        }
        let id = format!("{}-{}", state.process(), self.started.fetch_add(1, Ordering::Relaxed) + 1);
        let rejected = match &input {
            Input::Served => 0,
            Input::Given { rejected, .. } => rejected.len(),
        };
        let waiting = proto::Repricing {
            repricing_id: id.clone(),
            state: RepricingState::Waiting.into(),
            rejected: count(rejected as u64),
            ..proto::Repricing::default()
        };
        let job = Arc::new(Job {
            id,
            request_id: request_id.to_owned(),
            request,
            input,
            places,
            at,
            cancel: AtomicBool::new(false),
            state: watch::Sender::new(waiting.clone()),
            results: OnceLock::new(),
        });
        jobs.push_back(job.clone());
        drop(jobs);
        self.metrics.jobs_open.increment(1.0);
        let (ended, metrics) = (job.clone(), self.metrics.clone());
        let run = run(job, self.pool.clone(), self.turn.clone(), state, clock);
        tokio::spawn(async move {
            run.await;
            let last = ended.look();
            metrics.jobs_open.decrement(1.0);
            metrics.job_rows.increment(u64::try_from(last.priced + last.held + last.refused).unwrap_or(0));
            metrics.jobs.increment(
                match last.state() {
                    RepricingState::Done => "done",
                    RepricingState::Cancelled => "cancelled",
                    _ => "failed",
                },
                1,
            );
        });
        Ok(waiting)
    }
}

/// Waits for its turn, and prices on the pool's threads.
async fn run(job: Arc<Job>, pool: Arc<Pool>, turn: Arc<Semaphore>, state: Arc<State>, clock: Clock) {
    let Ok(_turn) = turn.acquire_owned().await else { return };
    let (working, served) = (job.clone(), state.clone());
    let work = tokio::task::spawn_blocking(move || working.work(&pool, &served, clock));
    let watched = async {
        state.drained().await;
        job.cancel();
        std::future::pending::<()>().await;
    };
    let done = tokio::select! {
        done = work => done,
        () = watched => return,
    };
    let over = match done {
        Ok(over) => over,
        Err(_) => {
            let message = "the job failed for a reason of our own; please report it".to_owned();
            job.state.send_modify(|state| state.message = message);
            RepricingState::Failed
        }
    };
    job.state.send_modify(|state| state.state = over.into());
}

impl Job {
    #[must_use]
    pub fn look(&self) -> proto::Repricing {
        self.state.borrow().clone()
    }

    #[must_use]
    pub fn watch(&self) -> watch::Receiver<proto::Repricing> {
        self.state.subscribe()
    }

    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
        // One that waits has nothing to stop.
        self.state.send_if_modified(|state| {
            let waits = state.state() == RepricingState::Waiting;
            if waits {
                state.state = RepricingState::Cancelled.into();
            }
            waits
        });
    }

    #[must_use]
    pub fn results(&self) -> Option<Arc<Results>> {
        (self.look().state() == RepricingState::Done).then(|| self.results.get().cloned()).flatten()
    }

    fn work(&self, pool: &Pool, state: &State, clock: Clock) -> RepricingState {
        if self.cancel.load(Ordering::Relaxed) {
            return RepricingState::Cancelled;
        }
        let (serving, rejected) = match &self.input {
            Input::Given { serving, rejected } => (serving.clone(), rejected.clone()),
            Input::Served => match state.pin() {
                Some(serving) => (serving, Vec::new()),
                None => return RepricingState::Cancelled,
            },
        };
        let at = self.at.unwrap_or_else(|| clock.now());
        let items = serving.facts.items.by_sku(None).count();
        self.state.send_modify(|state| {
            state.state = RepricingState::Running.into();
            state.items = count(items as u64);
            state.release = serving.release.hash.to_string();
            state.fact_set = serving.fact_set.to_string();
            state.at_time = Some(write_instant(at));
        });
        let (market, channel) = &self.places;
        let wanted = |place: &Place| {
            (market.is_empty() || *place.market == **market)
                && (channel.is_empty() || *place.channel == **channel)
        };
        let tell = |tally: &SweepTally| {
            self.state.send_modify(|state| {
                state.items_done = count(tally.items);
                state.priced = count(tally.priced);
                state.held = count(tally.held);
                state.refused = count(tally.refused);
                state.rows = count(tally.rows()) + state.rejected;
            });
        };
        let sweep = Sweep::new(&serving.release, &serving.facts, at, wanted);
        let Some(swathe) = sweep.run(pool, &self.cancel, tell) else {
            return RepricingState::Cancelled;
        };
        let digest = swathe.tally.digest.to_string();
        tell(&swathe.tally);
        self.state.send_modify(|state| state.digest = digest);
        drop(self.results.set(Arc::new(Results { serving: serving.clone(), at, swathe, rejected })));
        RepricingState::Done
    }
}

impl Results {
    /// The next rows; none at the end.
    #[must_use]
    pub fn read(&self, cursor: &mut Cursor, sees_costs: bool) -> Vec<proto::RepricedRow> {
        let mut rows = Vec::new();
        for (sku, error) in self.rejected.iter().skip(cursor.rejected).take(ROWS_MAX) {
            cursor.rejected += 1;
            let row =
                proto::RepricedRow { sku: sku.clone(), error: Some(error.clone()), ..Default::default() };
            rows.push(row);
        }
        let facts = &self.serving.facts;
        let after = cursor.sku.take();
        let mut last = None;
        for (sku, _) in facts.items.by_sku(after.as_deref()) {
            let Some(count) = self.swathe.counts.get(cursor.items).map(|count| usize::from(*count)) else {
                break;
            };
            if !rows.is_empty() && ROWS_MAX < rows.len() + count {
                break;
            }
            let own = self.swathe.rows.get(cursor.rows..cursor.rows + count).unwrap_or_default();
            rows.extend(own.iter().filter_map(|swept| self.row(sku, swept.place, &swept.brief, sees_costs)));
            cursor.items += 1;
            cursor.rows += count;
            last = Some(sku.to_owned());
        }
        cursor.sku = last.or(after);
        rows
    }

    fn row(&self, sku: &str, place: u16, brief: &Brief, sees_costs: bool) -> Option<proto::RepricedRow> {
        let Serving { release, facts, .. } = &*self.serving;
        let place = release.places.get(usize::from(place))?;
        let mut row = proto::RepricedRow {
            sku: sku.to_owned(),
            market: place.market.to_string(),
            channel: place.channel.to_string(),
            previous_price: facts
                .item(sku, &place.market, &place.channel)
                .and_then(|served| current_price(&served.item, place)),
            ..proto::RepricedRow::default()
        };
        match brief {
            Brief::Price { minor, rule, held } => {
                let price = Price::from_minor(*minor, place.currency)?;
                row.gross = Some(convert::write_money(price.amount(), price.currency()));
                row.status = match held {
                    None => proto::DecisionStatus::Priced,
                    Some(_) => proto::DecisionStatus::Held,
                }
                .into();
                row.held_reason = held.map(|reason| reason.as_str().to_owned()).unwrap_or_default();
                let info = rule.and_then(|rule| convert::rule_info(rule, place));
                row.rule = info.map(|info| info.id.to_string()).unwrap_or_default();
            }
            Brief::Refused(refusal) => {
                let known_at = facts.offers.known_at(&place.market, self.at);
                let world = World::new(release, place, &facts.rates, self.at, known_at);
                let refused = Failure::refused(refusal, &world, sku);
                row.error = Some(if sees_costs { refused } else { veil_failure(refused) }.into());
            }
        }
        Some(row)
    }
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
