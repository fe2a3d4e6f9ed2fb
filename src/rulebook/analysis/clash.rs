//! Who wins is not decided: E0301 (nothing decides), E0303 (a circle), E0304 (the same scope twice).

use super::contest::{Contest, Party};
use super::cure::{add_to_list, exclude, maybe};
use super::words::{count_of, named, whereabouts};
use super::{Context, Witness};
use crate::pricing::{Place, SourceAt};
use crate::rulebook::boxes::{describe, overlap};
use crate::rulebook::{Diagnostic, Fix, Span};
use std::collections::{BTreeMap, BTreeSet};

/// One finding and every place and pair it was found for.
struct Group<'a> {
    kind: &'static str,
    members: Vec<Party<'a>>,
    places: Vec<&'a Place>,
    pairs: BTreeSet<Vec<&'a str>>,
}

/// Code, kind, ids.
type Key<'a> = (&'static str, &'static str, Vec<&'a str>);

pub(super) fn findings(
    context: &Context<'_>,
    places: &[Place],
    contests: &[Contest],
    witness: Option<&dyn Witness>,
) -> Vec<Diagnostic> {
    let mut groups: BTreeMap<Key<'_>, Group<'_>> = BTreeMap::new();
    for contest in contests {
        let is_here = |place: &&Place| place.market == contest.market && place.channel == contest.channel;
        let Some(place) = places.iter().find(is_here) else {
            continue;
        };
        let ordered = &contest.ordered;
        let pairs = |list: &[(usize, usize)]| list.iter().map(|(a, b)| vec![*a, *b]).collect::<Vec<_>>();
        let found = [
            ("E0301", pairs(&ordered.conflicts)),
            ("E0303", ordered.circles.clone()),
            ("E0304", pairs(&ordered.equal)),
        ];
        for (code, lists) in found {
            for members in lists {
                let members = members.iter().filter_map(|at| Party::find(contest, place, *at)).collect();
                add(&mut groups, code, contest.kind, place, members);
            }
        }
    }
    let clash = |(key, group): (&Key<'_>, &Group<'_>)| {
        let clash = Clash { context, group, places };
        clash.finding(key.0, witness)
    };
    groups.iter().map(clash).collect()
}

fn add<'a>(
    groups: &mut BTreeMap<Key<'a>, Group<'a>>,
    code: &'static str,
    kind: &'static str,
    place: &'a Place,
    members: Vec<Party<'a>>,
) {
    let mut ids: Vec<&str> = members.iter().map(Party::id).collect();
    ids.sort_unstable();
    let mut labels: Vec<&str> = members.iter().map(|party| party.label).collect();
    labels.sort_unstable();
    let group = groups.entry((code, kind, ids)).or_insert_with(|| Group {
        kind,
        members,
        places: Vec::new(),
        pairs: BTreeSet::new(),
    });
    if !group.places.iter().any(|known| std::ptr::eq(*known, place)) {
        group.places.push(place);
    }
    group.pairs.insert(labels);
}

/// One group on its way to a finding.
struct Clash<'a> {
    context: &'a Context<'a>,
    group: &'a Group<'a>,
    places: &'a [Place],
}

impl Clash<'_> {
    fn finding(&self, code: &'static str, witness: Option<&dyn Witness>) -> Diagnostic {
        let mut members = self.group.members.clone();
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
            n => finding.note(format!("{n} more pairs of their overlays or rows have the same trouble")),
        }
    }

    fn conflict(&self, first: &Party<'_>, second: &Party<'_>, witness: Option<&dyn Witness>) -> Diagnostic {
        let mut finding =
            Diagnostic::error("E0301", self.title(first, second), self.scope_span(second), self.name(second))
                .related(self.scope_span(first), self.name(first));
        if let Some(shared) = self.shared(first, second) {
            finding = finding.note(format!("overlap: {shared}"));
        }
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

    fn circle(&self, first: &Party<'_>, rest: &[Party<'_>]) -> Diagnostic {
        let noun = if self.group.kind == "round" { "rounding rules" } else { "rules" };
        let span = |party: &Party<'_>| {
            self.context
                .written(self.group.kind, party.label, "over")
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
        let losers = rest.iter().chain([first]);
        let beats = std::iter::once(first).chain(rest).zip(losers);
        let told: Vec<String> = beats.map(|(winner, loser)| self.beats(winner, loser)).collect();
        finding.note(format!("{}, so for items that all of them hold for nobody wins", told.join(", "))).fix(
            crate::rulebook::Applicability::Maybe,
            "delete one `over` of the circle",
            Vec::new(),
        )
    }

    fn beats(&self, winner: &Party<'_>, loser: &Party<'_>) -> String {
        let over = self.context.value(self.group.kind, winner.label, "over");
        let quoted = |name: &str| format!("\"{name}\"");
        let text = over.map_or("", |span| self.context.text(&span));
        let by_over = text.contains(&quoted(loser.id())) || text.contains(&quoted(loser.label));
        let why = if by_over { "over" } else { "narrower" };
        format!("`{}` beats `{}` ({why})", winner.label, loser.label)
    }

    fn shared(&self, first: &Party<'_>, second: &Party<'_>) -> Option<String> {
        let conds = overlap(self.context.schema, second.scope?, first.scope?)?;
        Some(self.scope_words(&describe(self.context.schema, &conds)))
    }

    fn title(&self, first: &Party<'_>, second: &Party<'_>) -> String {
        let what = self.subject(first, second);
        match self.group.kind {
            "rule" | "row" => format!("{what} set the price of the same items"),
            "round" => format!("{what} round the prices of the same items"),
            _ => format!("{what} hold for the same items"),
        }
    }

    fn subject(&self, first: &Party<'_>, second: &Party<'_>) -> String {
        let same = first.id() == second.id();
        match self.group.kind {
            "rule" if same && first.is_row() => format!("two rows of `{}`", first.id()),
            "rule" => format!("two rules of layer `{}`", self.layer(first)),
            "row" => format!("two rows of `{}`", first.id()),
            "round" => "two rounding rules".to_owned(),
            kind => format!("two variants of {kind} `{}`", first.id()),
        }
    }

    fn layer(&self, party: &Party<'_>) -> &str {
        self.context.layers.get(usize::from(party.layer)).map_or("", AsRef::as_ref)
    }

    fn cures(&self, first: &Party<'_>, second: &Party<'_>) -> Vec<Fix> {
        let mut fixes = Vec::new();
        let alone = self.group.pairs.len() == 1;
        // An exception for one of many rows would cure one of the pairs.
        let whole = |(_, other): &(&Party<'_>, &Party<'_>)| alone || !other.is_row();
        for (party, other) in [(second, first), (first, second)].into_iter().filter(whole) {
            let cure = party
                .scope
                .zip(other.scope)
                .and_then(|(own, theirs)| exclude(self.context, self.group.kind, party.label, own, theirs));
            if let Some((cell, edits)) = cure {
                let title = format!("`{}` wins: add  {cell}  to {}.where", other.id(), party.label);
                fixes.push(maybe(title, edits));
            }
        }
        if self.decides_by_over(first, second) {
            fixes.extend([self.over(second, first), self.over(first, second)]);
        }
        fixes
    }

    fn over(&self, winner: &Party<'_>, loser: &Party<'_>) -> Fix {
        let title = format!("`{}` wins: add  over = [\"{}\"]  to {}", winner.id(), loser.id(), winner.id());
        let edits = add_to_list(self.context, self.group.kind, winner.id(), "over", loser.id());
        maybe(title, edits)
    }

    /// Overlays and rows of one entry share its `over`; guards and adjustments have none.
    fn decides_by_over(&self, first: &Party<'_>, second: &Party<'_>) -> bool {
        matches!(self.group.kind, "rule" | "round") && first.id() != second.id()
    }

    fn words_only(&self, first: &Party<'_>, second: &Party<'_>) -> String {
        format!("narrow `{}` or `{}` so that they no longer meet, or delete one", first.label, second.label)
    }

    fn witnessed(&self, witness: &dyn Witness, first: &Party<'_>, second: &Party<'_>) -> Option<String> {
        if self.group.kind != "rule" {
            return None;
        }
        let mut items: BTreeSet<Box<str>> = BTreeSet::new();
        let mut example = None;
        for place in &self.group.places {
            let at = |label: &str| place.rules.iter().position(|rule| *rule.info.label == *label);
            let (Some(a), Some(b)) = (at(first.label), at(second.label)) else {
                continue;
            };
            let shared = witness.shared(place, a, b);
            items.extend(shared.items);
            example = example.or(shared.example.map(|found| (&place.market, found)));
        }
        let catalog = witness.name();
        let Some((market, (sku, [mine, theirs]))) = example else {
            return Some(format!(
                "in {catalog} this is no item today, but nothing forbids such an item tomorrow"
            ));
        };
        let width = first.label.chars().count().max(second.label.chars().count());
        Some(format!(
            "in {catalog} this is {}, e.g. {sku} in {market}:\n  {:width$}  {mine}\n  {:width$}  {theirs}",
            count_of(items.len()),
            first.label,
            second.label,
        ))
    }

    fn scope_words(&self, described: &str) -> String {
        match whereabouts(self.places, &self.group.places) {
            Some(places) => format!("{places}  and  {described}"),
            None => described.to_owned(),
        }
    }

    fn scope_span(&self, party: &Party<'_>) -> Span {
        let kind = self.group.kind;
        let Some(origin) = self.context.origin(kind, party.label) else {
            return party.info.map_or_else(|| self.row_span(party), |info| self.context.line(&info.at));
        };
        match origin.keys.get("where") {
            Some(span) => self.context.with_key(span.clone(), "where"),
            None => origin.header.clone(),
        }
    }

    /// A row of a fixed table is called `file#row`.
    fn row_span(&self, party: &Party<'_>) -> Span {
        let (file, row) = party.label.split_once('#').unwrap_or((party.label, ""));
        self.context.line(&SourceAt { file: file.into(), line: row.parse().unwrap_or(1) })
    }

    fn name(&self, party: &Party<'_>) -> String {
        match party.info {
            Some(info) => named(self.group.kind, info),
            None => format!("row `{}`", party.label),
        }
    }

    fn no_span(&self) -> Span {
        Span { file: "rulebook.toml".into(), start: 0, end: 0 }
    }
}
