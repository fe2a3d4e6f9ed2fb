//! Who wins is not decided: E0301 (nothing decides), E0303 (a circle), E0304 (the same scope twice).

use super::contest::{Contest, Party};
use super::cure::{add_to_list, exclude, maybe};
use super::words::{named, whereabouts};
use super::{Context, Witness};
use crate::pricing::Place;
use crate::rulebook::boxes::{describe, overlap};
use crate::rulebook::{Diagnostic, Fix, Span};
use std::collections::{BTreeMap, BTreeSet};

/// One finding and every place and pair it was found for.
struct Group<'a> {
    first: (&'a Contest<'a>, Vec<usize>),
    places: Vec<&'a Place>,
    pairs: BTreeSet<Vec<&'a str>>,
    /// The same two rules in each place, for the catalog.
    all: Vec<(&'a Contest<'a>, Vec<usize>)>,
}

/// Code, kind, ids.
type Key<'a> = (&'static str, &'static str, Vec<&'a str>);

pub(super) fn findings(
    context: &Context<'_>,
    places: &[Place],
    contests: &[Contest<'_>],
    witness: Option<&dyn Witness>,
) -> Vec<Diagnostic> {
    let mut groups: BTreeMap<Key<'_>, Group<'_>> = BTreeMap::new();
    for contest in contests {
        let ordered = &contest.ordered;
        let pairs = |list: &[(usize, usize)]| list.iter().map(|(a, b)| vec![*a, *b]).collect::<Vec<_>>();
        let found = [
            ("E0301", pairs(&ordered.conflicts)),
            ("E0303", ordered.circles.clone()),
            ("E0304", pairs(&ordered.equal)),
        ];
        for (code, lists) in found {
            for members in lists {
                add(&mut groups, code, contest, members);
            }
        }
    }
    let group = |(key, group): (&Key<'_>, &Group<'_>)| {
        Clash {
            context,
            contest: group.first.0,
            members: group
                .first
                .1
                .iter()
                .filter_map(|at| group.first.0.parties.get(*at))
                .collect(),
            group,
            places,
        }
        .finding(key.0, witness)
    };
    groups.iter().map(group).collect()
}

fn add<'a>(
    groups: &mut BTreeMap<Key<'a>, Group<'a>>,
    code: &'static str,
    contest: &'a Contest<'a>,
    members: Vec<usize>,
) {
    let infos = || {
        members
            .iter()
            .filter_map(|at| contest.parties.get(*at))
            .map(|party| party.info)
    };
    let mut ids: Vec<&str> = infos().map(|info| &*info.id).collect();
    ids.sort_unstable();
    let mut labels: Vec<&str> = infos().map(|info| &*info.label).collect();
    labels.sort_unstable();
    let group = groups.entry((code, contest.kind, ids)).or_insert_with(|| Group {
        first: (contest, members.clone()),
        places: Vec::new(),
        pairs: BTreeSet::new(),
        all: Vec::new(),
    });
    if !group
        .places
        .iter()
        .any(|place| std::ptr::eq(*place, contest.place))
    {
        group.places.push(contest.place);
        group.all.push((contest, members));
    }
    group.pairs.insert(labels);
}

/// One group on its way to a finding.
struct Clash<'a> {
    context: &'a Context<'a>,
    contest: &'a Contest<'a>,
    members: Vec<&'a Party<'a>>,
    group: &'a Group<'a>,
    places: &'a [Place],
}

impl Clash<'_> {
    fn finding(&self, code: &'static str, witness: Option<&dyn Witness>) -> Diagnostic {
        let mut members = self.members.clone();
        if code != "E0303" {
            members.sort_by_key(|party| self.scope_span(party));
        }
        let finding = match (code, members.as_slice()) {
            ("E0303", [first, rest @ ..]) => self.circle(first, rest),
            ("E0304", [first, second, ..]) => self.same_scope(first, second),
            (_, [first, second, ..]) => self.conflict(first, second, witness),
            _ => return Diagnostic::error(code, "rules that do not agree", self.no_span(), ""),
        };
        let others = self.group.pairs.len() - 1;
        match others {
            0 => finding,
            1 => finding.note("one more pair of their overlays or rows has the same trouble"),
            n => finding.note(format!(
                "{n} more pairs of their overlays or rows have the same trouble"
            )),
        }
    }

    fn conflict(&self, first: &Party<'_>, second: &Party<'_>, witness: Option<&dyn Witness>) -> Diagnostic {
        let shared = overlap(self.context.schema, second.scope, first.scope).unwrap_or_default();
        let mut finding = Diagnostic::error(
            "E0301",
            self.title(first, second),
            self.scope_span(second),
            self.name(second),
        )
        .related(self.scope_span(first), self.name(first))
        .note(format!(
            "overlap: {}",
            self.scope_words(&describe(self.context.schema, &shared))
        ));
        finding = finding.note(match self.decides_by_over(first, second) {
            true => "neither scope contains the other, and neither rule says `over`",
            false => "neither scope contains the other",
        });
        if let Some(note) = witness.and_then(|witness| self.witnessed(witness, first, second)) {
            finding = finding.note(note);
        }
        finding.fixes = self.cures(first, second);
        if finding.fixes.is_empty() {
            finding.fixes = vec![maybe(self.words_only(first, second), Vec::new())];
        }
        finding
    }

    fn same_scope(&self, first: &Party<'_>, second: &Party<'_>) -> Diagnostic {
        let what = self.subject(first, second);
        let finding = Diagnostic::error(
            "E0304",
            format!("{what} have the same scope"),
            self.scope_span(second),
            self.name(second),
        )
        .related(self.scope_span(first), self.name(first));
        let finding = match whereabouts(self.places, &self.group.places) {
            Some(places) => finding.note(format!("in {places} they hold for exactly the same items")),
            None => finding.note("they hold for exactly the same items, so neither is narrower"),
        };
        let mut fixes = vec![maybe(self.words_only(first, second), Vec::new())];
        if self.decides_by_over(first, second) {
            fixes.insert(0, self.over(second, first));
        }
        Diagnostic { fixes, ..finding }
    }

    fn circle(&self, first: &Party<'_>, rest: &[&Party<'_>]) -> Diagnostic {
        let noun = if self.contest.kind == "round" {
            "rounding rules"
        } else {
            "rules"
        };
        let span = |party: &Party<'_>| {
            self.context
                .written(self.contest.kind, &party.info.label, "over")
                .unwrap_or_else(|| self.scope_span(party))
        };
        let mut finding = Diagnostic::error(
            "E0303",
            format!("{noun} beat each other in a circle"),
            span(first),
            self.name(first),
        );
        for party in rest {
            finding = finding.related(span(party), self.name(party));
        }
        let losers = rest.iter().copied().chain([first]);
        let beats = std::iter::once(first).chain(rest.iter().copied()).zip(losers);
        let told: Vec<String> = beats.map(|(winner, loser)| self.beats(winner, loser)).collect();
        finding
            .note(format!(
                "{}, so for items that all of them hold for nobody wins",
                told.join(", ")
            ))
            .fix(
                crate::rulebook::Applicability::Maybe,
                "delete one `over` of the circle",
                Vec::new(),
            )
    }

    fn beats(&self, winner: &Party<'_>, loser: &Party<'_>) -> String {
        let narrower = crate::rulebook::boxes::contains(self.context.schema, loser.scope, winner.scope);
        let why = if narrower { "narrower" } else { "over" };
        format!("`{}` beats `{}` ({why})", winner.info.label, loser.info.label)
    }

    fn title(&self, first: &Party<'_>, second: &Party<'_>) -> String {
        let what = self.subject(first, second);
        match self.contest.kind {
            "rule" => format!("{what} set the price of the same items"),
            "round" => format!("{what} round the prices of the same items"),
            _ => format!("{what} hold for the same items"),
        }
    }

    fn subject(&self, first: &Party<'_>, second: &Party<'_>) -> String {
        let same = first.info.id == second.info.id;
        match self.contest.kind {
            "rule" if same && first.info.row.is_some() => format!("two rows of `{}`", first.info.id),
            "rule" => format!("two rules of layer `{}`", self.layer(first)),
            "round" => "two rounding rules".to_owned(),
            kind => format!("two variants of {kind} `{}`", first.info.id),
        }
    }

    fn layer(&self, party: &Party<'_>) -> &str {
        self.context
            .layers
            .get(usize::from(party.layer))
            .map_or("", AsRef::as_ref)
    }

    fn cures(&self, first: &Party<'_>, second: &Party<'_>) -> Vec<Fix> {
        let mut fixes = Vec::new();
        for (party, other) in [(second, first), (first, second)] {
            if let Some((cell, edits)) = exclude(
                self.context,
                self.contest.kind,
                party.info,
                party.scope,
                other.scope,
            ) {
                let title = format!(
                    "`{}` wins: add  {cell}  to {}.where",
                    other.info.id, party.info.label
                );
                fixes.push(maybe(title, edits));
            }
        }
        if self.decides_by_over(first, second) {
            fixes.push(self.over(second, first));
        }
        fixes
    }

    fn over(&self, winner: &Party<'_>, loser: &Party<'_>) -> Fix {
        let title = format!(
            "`{}` wins: add  over = [\"{}\"]  to {}",
            winner.info.id, loser.info.id, winner.info.id
        );
        let edits = add_to_list(
            self.context,
            self.contest.kind,
            winner.info,
            "over",
            &loser.info.id,
        );
        maybe(title, edits)
    }

    /// Overlays and rows of one entry share its `over`; guards and adjustments have none.
    fn decides_by_over(&self, first: &Party<'_>, second: &Party<'_>) -> bool {
        matches!(self.contest.kind, "rule" | "round") && first.info.id != second.info.id
    }

    fn words_only(&self, first: &Party<'_>, second: &Party<'_>) -> String {
        format!(
            "narrow `{}` or `{}` so that they no longer meet, or delete one",
            first.info.label, second.info.label
        )
    }

    fn witnessed(&self, witness: &dyn Witness, first: &Party<'_>, second: &Party<'_>) -> Option<String> {
        if self.contest.kind != "rule" {
            return None;
        }
        let mut catalog = String::new();
        for (contest, members) in &self.group.all {
            let at = |label: &str| {
                members.iter().copied().find(|at| {
                    contest
                        .parties
                        .get(*at)
                        .is_some_and(|party| *party.info.label == *label)
                })
            };
            let (Some(a), Some(b)) = (at(&first.info.label), at(&second.info.label)) else {
                continue;
            };
            let shared = witness.shared(contest.place, a, b);
            catalog = shared.catalog;
            let Some((sku, [mine, theirs])) = shared.example else {
                continue;
            };
            let width = first
                .info
                .label
                .chars()
                .count()
                .max(second.info.label.chars().count());
            return Some(format!(
                "in {catalog} this is {} items, e.g. {sku} in {}:\n  {:width$}  {mine}\n  {:width$}  {theirs}",
                shared.items, contest.place.market, first.info.label, second.info.label,
            ));
        }
        Some(format!(
            "in {catalog} this is no item, but nothing forbids such an item tomorrow"
        ))
    }

    fn scope_words(&self, described: &str) -> String {
        match whereabouts(self.places, &self.group.places) {
            Some(places) => format!("{places}  and  {described}"),
            None => described.to_owned(),
        }
    }

    fn scope_span(&self, party: &Party<'_>) -> Span {
        let kind = self.contest.kind;
        let own = self
            .context
            .origin(kind, &party.info.label)
            .and_then(|origin| origin.keys.get("where"));
        match own {
            Some(span) => self.context.with_key(span.clone(), "where"),
            None => self.context.header(kind, party.info),
        }
    }

    fn name(&self, party: &Party<'_>) -> String {
        named(self.contest.kind, party.info)
    }

    fn no_span(&self) -> Span {
        Span {
            file: "rulebook.toml".into(),
            start: 0,
            end: 0,
        }
    }
}
