//! The price waterfall: one line a step, with running totals.

use super::words::{Words, signed_percent};
use crate::facts::show_duration;
use crate::money::{Amount, Ratio};
use crate::pricing::{
    AdjustmentVariant, Bound, Fixed, GuardRef, GuardVariant, Rank, Side, SourceAt, Step, Strategy, Test, Way,
};

/// Where in the pipeline a line belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Net amounts: purchase and landed cost.
    Cost,
    /// Gross amounts from here on.
    Strategy,
    Adjust,
    Guard,
    Round,
    Held,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    pub stage: Stage,
    /// `season`, `stock`, `strategy`, …: the word in the first column.
    pub word: &'static str,
    /// Who did it: `kvi-follow`, `stock.surplus`, `electronics-margin`.
    pub id: String,
    /// The step's own amount; the first gross line starts from zero.
    pub delta: Amount,
    /// The running total.
    pub after: Amount,
    pub text: String,
    pub at: SourceAt,
}

impl Stage {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Strategy => "strategy",
            Self::Adjust => "adjust",
            Self::Guard => "guard",
            Self::Round => "round",
            Self::Held => "held",
        }
    }
}

/// The lines of the waterfall. A step that moves nothing has no line, except those that name a rule.
pub(super) fn lines(steps: &[Step], words: &Words<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let (mut reference, mut ahead) = (String::new(), String::new());
    for step in steps {
        let before = lines.last().map_or(Amount::ZERO, |line: &Line| match (line.stage, step) {
            (Stage::Cost, Step::Landed { .. }) => line.after,
            (Stage::Cost, _) => Amount::ZERO,
            _ => line.after,
        });
        match step {
            Step::Reference { .. } => reference = reference_text(step, words),
            Step::Twin { .. } | Step::Faded { .. } | Step::MarkedDown(_) => {
                ahead = super::ahead::in_line(step, words);
            }
            _ => {}
        }
        if let Some(mut line) = line(step, steps, before, &reference, words) {
            if line.stage == Stage::Strategy && !ahead.is_empty() {
                line.text = format!("{}{ahead}", line.text);
                ahead.clear();
            }
            lines.push(line);
        }
    }
    lines
}

fn line(step: &Step, steps: &[Step], before: Amount, reference: &str, words: &Words<'_>) -> Option<Line> {
    let make = |stage, word, id: String, after: Amount, text: String, at: SourceAt| Line {
        stage,
        word,
        id,
        delta: Amount::from_micros(after.micros().saturating_sub(before.micros())),
        after,
        text,
        at,
    };
    let nowhere = SourceAt::default;
    match step {
        Step::Cost { cost, rate, inverse, purchase } => {
            let text = match rate {
                Some(rate) if *inverse => format!("purchase {cost} ÷ rate {rate}"),
                Some(rate) => format!("purchase {cost} × rate {rate}"),
                None => "purchase".to_owned(),
            };
            Some(make(Stage::Cost, "cost", String::new(), *purchase, text, nowhere()))
        }
        Step::Landed { buffer, landed } if *landed != before => {
            let market = &words.place().market;
            let buffer = match *buffer {
                Ratio::ZERO => String::new(),
                buffer => format!(", rate buffer {}", buffer.to_percent_text(4)),
            };
            let text = format!("market {market}{buffer}");
            Some(make(Stage::Cost, "landed", String::new(), *landed, text, nowhere()))
        }
        Step::Strategy { rule, alternative, strategy, after } => {
            let info = words.rule(*rule)?;
            let text = strategy_text(*rule, *alternative, strategy, reference, words);
            Some(make(Stage::Strategy, "strategy", info.label.to_string(), *after, text, info.at.clone()))
        }
        Step::Adjusted { adjustment, variant, after } => {
            let adjustment = words.place().adjustments.get(usize::from(*adjustment))?;
            let variant = adjustment.variants.get(usize::from(*variant))?;
            let word = match adjustment.kind {
                crate::pricing::AdjustmentKind::Season => "season",
                crate::pricing::AdjustmentKind::Stock => "stock",
            };
            let text = format!(
                "{} → {}",
                why_adjusted(variant, words),
                signed_percent(variant.adjust.on(&words.world.now))
            );
            let id = format!("{word}.{}", variant.info.label);
            Some(make(Stage::Adjust, word, id, *after, text, variant.info.at.clone()))
        }
        Step::Limited { after } => {
            let (low, high) = words.place().limit?;
            let text = format!(
                "all adjustments together stay in {} .. {}",
                signed_percent(low),
                signed_percent(high)
            );
            Some(make(Stage::Adjust, "limit", "limit".to_owned(), *after, text, nowhere()))
        }
        Step::Moved { guard, after } => {
            let (id, text, at) = match guard.and_then(|guard| words.variant(guard)) {
                Some(variant) => (
                    variant.info.label.to_string(),
                    demanded(*guard, before, *after, variant, steps, words),
                    variant.info.at.clone(),
                ),
                None => (String::new(), "a price is at least one minor unit".to_owned(), nowhere()),
            };
            Some(make(Stage::Guard, "guard", id, *after, text, at))
        }
        Step::Rounded { round, after } => {
            let rule = round.and_then(|round| words.place().rounds.get(usize::from(round)));
            let (id, text, at) = match rule {
                Some(rule) => {
                    let way = match rule.way {
                        Way::Nearest => "nearest",
                        Way::Down => "down to",
                        Way::Up => "up to",
                    };
                    let band = rule.bands.iter().find(|band| band.to.is_none_or(|to| after.minor() < to));
                    let ends = band.map_or("minor unit", |band| &*band.text);
                    (format!("round.{}", rule.info.label), format!("{way} {ends}"), rule.info.at.clone())
                }
                None => (String::new(), "nearest payable price".to_owned(), nowhere()),
            };
            let after = after.amount();
            (after != before || rule.is_some()).then(|| make(Stage::Round, "round", id, after, text, at))
        }
        Step::Kept { guard, after } => {
            let variant = words.variant(*guard)?;
            let (id, at) = (variant.info.label.to_string(), variant.info.at.clone());
            let least = variant.bounds.iter().find(|bound| matches!(bound, Bound::MinChange(_)));
            let demanded = least.map_or_else(|| words.demands(variant), |bound| words.demand(bound));
            let text = format!("{demanded}: the current price stays");
            Some(make(Stage::Guard, "guard", id, after.amount(), text, at))
        }
        Step::Held { reason, after } => {
            let id = reason.as_str().to_owned();
            let text = super::reasons::held_text(*reason).to_owned();
            Some(make(Stage::Held, "held", id, after.amount(), text, nowhere()))
        }
        _ => None,
    }
}

/// What the guard demanded when it moved the price to `after`: the bound that lies there, else all its bounds.
fn demanded(
    guard: Option<GuardRef>,
    before: Amount,
    after: Amount,
    variant: &GuardVariant,
    steps: &[Step],
    words: &Words<'_>,
) -> String {
    let from = if after < before { Side::Ceiling } else { Side::Floor };
    let bound = steps.iter().find_map(|step| match step {
        Step::Bounded { guard: by, bound, side, at }
            if Some(*by) == guard && *at == after && *side == from =>
        {
            Some(*bound)
        }
        _ => None,
    });
    match bound.and_then(|bound| variant.bounds.get(usize::from(bound))) {
        Some(bound) => words.demand(bound),
        None => words.demands(variant),
    }
}

/// `lowest of national 389.00 (mediam, 3h, match 97%)`.
fn reference_text(step: &Step, words: &Words<'_>) -> String {
    let Step::Reference { set, price, rivals } = step else {
        return String::new();
    };
    let named: Vec<String> = rivals
        .iter()
        .filter(|(_, amount, ..)| amount == price)
        .take(1)
        .map(|(rival, _, age, quality)| {
            let age = age.map(|age| format!(", {}", show_duration(age))).unwrap_or_default();
            let quality =
                quality.map(|share| format!(", match {}", share.to_percent_text(1))).unwrap_or_default();
            format!(" ({}{age}{quality})", words.rival(*rival))
        })
        .collect();
    let of = format!("{} {}{}", words.set(*set), words.shown(*price), named.concat());
    if named.is_empty() { format!("{of} ({} rivals)", rivals.len()) } else { of }
}

fn strategy_text(rule: u32, alternative: u8, name: &str, reference: &str, words: &Words<'_>) -> String {
    let Some(rule) = words.place().rules.get(rule as usize) else {
        return name.to_owned();
    };
    let strategy = match alternative {
        0 => &rule.strategy,
        n => rule.otherwise.get(usize::from(n) - 1).unwrap_or(&rule.strategy),
    };
    let prefix = if alternative == 0 { "" } else { "else: " };
    format!("{prefix}{}", strategy_words(strategy, reference, words))
}

fn strategy_words(strategy: &Strategy, reference: &str, words: &Words<'_>) -> String {
    let rank = |rank: &Rank| rank.as_str();
    match strategy {
        Strategy::CostPlus { text, .. } => format!("cost-plus {text}"),
        Strategy::Follow { rank: which, by, .. } if *by == Ratio::ZERO => {
            format!("{} of {reference}", rank(which))
        }
        Strategy::Follow { rank: which, by, .. } => {
            format!("{} of {reference} {}", rank(which), signed_percent(*by))
        }
        Strategy::Index { of, at, .. } => format!("{} of {} of {reference}", at.to_percent_text(4), rank(of)),
        Strategy::Fixed(Fixed::Value(_)) => "fixed".to_owned(),
        Strategy::Fixed(Fixed::Table(_)) => "fixed, from its table".to_owned(),
        Strategy::Keep { .. } => "keep the current price".to_owned(),
        Strategy::Use { layer } => {
            let name = words.world.release.layers.get(usize::from(*layer));
            format!("use layer {}", name.map_or("", |name| name))
        }
        Strategy::Blend { parts, .. } => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| {
                    format!(
                        "{} {}",
                        part.weight.to_percent_text(2),
                        strategy_words(&part.strategy, reference, words)
                    )
                })
                .collect();
            format!("blend of {}", parts.join(" and "))
        }
        Strategy::Optimise(rule) => format!("optimise {}", rule.aim.text()),
        Strategy::Relative(rule) => format!("{} {}", words.attr(rule.to), signed_percent(rule.by)),
        Strategy::Fade(rule) => {
            let name = words.world.release.layers.get(usize::from(rule.versus));
            format!("fade from layer {}", name.map_or("", |name| name))
        }
        Strategy::Markdown(_) => "markdown".to_owned(),
    }
}

/// The quantities that made an adjustment act: `stock_cover 11w is > 8w`.
fn why_adjusted(variant: &AdjustmentVariant, words: &Words<'_>) -> String {
    let conds = variant.scope.boxes.iter().flat_map(|conds| conds.iter());
    let mut texts: Vec<String> = conds
        .filter(|cond| matches!(cond.test, Test::Spans(_)))
        .map(|cond| match words.fact(cond.attr) {
            Some(fact) => format!("{} {fact} is {}", words.attr(cond.attr), cond.text),
            None => format!("{} is {}", words.attr(cond.attr), cond.text),
        })
        .collect();
    if !variant.when.text.is_empty() {
        texts.push(variant.when.text.to_string());
    }
    if texts.is_empty() { "in its scope".to_owned() } else { texts.join(", ") }
}
