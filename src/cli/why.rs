//! `pricer why RULE_A RULE_B`: which of two rules wins, and the proof.

use super::opened::open;
use super::output::counted;
use crate::pricing::{Place, Release, Rule};
use crate::rulebook::why::{Apart, By, Inside, Proof, dates, named, prove};
use crate::rulebook::{Files, Loaded, Origins, load};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Proves which of two rules sets the price where both hold.
///
/// There are four ways to win, asked in this order: the later LAYER; an explicit `over = [...]`; an OVERLAY over the
/// rule it belongs to; the NARROWER scope. Each answer shows what was compared, with file and line. Where two rules
/// can never hold for the same item, it says on which attribute they part.
///
/// A rule is called by its name (`phones`), a table row by its spreadsheet row (`plan#8`), an overlay by its path
/// (`kvi-follow.for.kz`). A rule with a table stands for all its rows.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  pricer why kvi-follow plan#4 --rulebook models/orda
  pricer why plan#8 plan#7 --rulebook models/orda --market KZ --channel own

Exit codes: 0 proved, 1 the rulebook has errors, 2 an unknown rule, market or channel.")]
pub struct Args {
    /// The first rule, table row or overlay.
    pub rule_a: String,
    /// The second.
    pub rule_b: String,
    /// The rulebook folder.
    #[arg(long, value_name = "DIR")]
    pub rulebook: PathBuf,
    /// Only this market [default: all].
    #[arg(long)]
    pub market: Option<String>,
    /// Only this channel [default: all].
    #[arg(long)]
    pub channel: Option<String>,
}

/// Runs the command.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let Some(release) = open(&args.rulebook) else {
        return ExitCode::from(1);
    };
    // The places of `over` are in the origins, which a release does not carry.
    let loaded = Files::read_dir(&args.rulebook).map(load).unwrap_or_default();
    match answer(args, &release, &loaded) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
    }
}

/// The whole answer; places with the same answer are told together.
fn answer(args: &Args, release: &Release, loaded: &Loaded) -> Result<String, String> {
    let asked = |place: &&Place| {
        args.market.as_ref().is_none_or(|market| *place.market == **market)
            && args.channel.as_ref().is_none_or(|channel| *place.channel == **channel)
    };
    let places: Vec<&Place> = release.places.iter().filter(asked).collect();
    if places.is_empty() {
        let known: Vec<String> =
            release.places.iter().map(|place| format!("{}/{}", place.market, place.channel)).collect();
        return Err(format!("no market and channel like that; the rulebook has {}", known.join(", ")));
    }
    for name in [&args.rule_a, &args.rule_b] {
        known(name, release, &loaded.origins)?;
    }
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for place in places {
        let text = here(args, release, place, &loaded.origins, &loaded.files);
        let name = format!("{}/{}", place.market, place.channel);
        match told.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(name),
            None => told.push((text, vec![name])),
        }
    }
    let blocks = told.iter().map(|(text, names)| format!("in {}\n{text}", names.join(", ")));
    Ok(blocks.collect::<Vec<_>>().join("\n"))
}

/// The name is of a rule somewhere, or the error says what it is instead.
fn known(name: &str, release: &Release, origins: &Origins) -> Result<(), String> {
    if release.places.iter().any(|place| !named(place, name).is_empty()) {
        return Ok(());
    }
    if origins.get("rule", name).is_some() {
        return Err(format!("rule `{name}` can act in no market and channel"));
    }
    for (kind, how) in [
        ("guard", "all guards apply together, and the tightest bound wins inside a class"),
        ("season", "all adjustments that hold multiply"),
        ("stock", "all adjustments that hold multiply"),
        ("round", "only rules that set a price are compared here"),
    ] {
        if origins.get(kind, name).is_some() {
            return Err(format!("`{name}` is a {kind}, not a rule: {how}"));
        }
    }
    let rules = origins.0.keys().filter(|(kind, label)| *kind == "rule" && !label.contains('#'));
    let rules: Vec<&str> = rules.map(|(_, label)| &**label).collect();
    Err(format!("there is no rule `{name}`; the rulebook has {}", rules.join(", ")))
}

fn here(args: &Args, release: &Release, place: &Place, origins: &Origins, files: &Files) -> String {
    let (left, right) = (named(place, &args.rule_a), named(place, &args.rule_b));
    for (name, found) in [(&args.rule_a, &left), (&args.rule_b, &right)] {
        if found.is_empty() {
            return format!("  `{name}` cannot act here: its scope leaves out this market or channel\n");
        }
    }
    let teller = Teller { release, place, origins, files };
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
    let pairs = pairs.filter(|(a, b)| a.info.label != b.info.label);
    let mut proved: Vec<(&Rule, &Rule, Proof)> =
        pairs.map(|(a, b)| (a, b, prove(release, place, a, b))).collect();
    // Of many rows those that meet the other rule come first.
    proved.sort_by_key(|(.., proof)| matches!(proof, Proof::Apart(_)));
    let (told, rest) = proved.split_at(proved.len().min(MANY_PAIRS));
    let texts: String = told.iter().map(|(a, b, proof)| teller.tell(a, b, proof)).collect();
    match proved.len() {
        0 => "  the two are one and the same rule\n".to_owned(),
        1 => texts,
        many => format!("  {} compared\n{texts}{}", counted(many, "pair"), in_short(rest)),
    }
}

/// So many pairs of rows are proved at length, about three screens; the others are counted.
const MANY_PAIRS: usize = 12;

/// The other pairs of two large tables, counted by what decides.
fn in_short(rest: &[(&Rule, &Rule, Proof)]) -> String {
    if rest.is_empty() {
        return String::new();
    }
    let outcome = |(a, b, proof): &(&Rule, &Rule, Proof)| match proof {
        Proof::Apart(_) => "never hold together".to_owned(),
        Proof::Open => "nothing decides between them: `pricer check` says E0301".to_owned(),
        Proof::Wins { first, by, .. } => {
            let (winner, loser) = if *first { (a, b) } else { (b, a) };
            format!("`{}` wins over `{}`: {}", winner.info.id, loser.info.id, word(by))
        }
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for pair in rest {
        *counts.entry(outcome(pair)).or_default() += 1;
    }
    let mut out = format!("  and {} more; name a row to see its proof\n", counted(rest.len(), "pair"));
    for (outcome, count) in counts {
        let _ = writeln!(out, "      {count:>6}  {outcome}");
    }
    out
}

/// What makes a rule win, in a word.
fn word(by: &By) -> &'static str {
    match by {
        By::LaterLayer => "later layer",
        By::Over => "over",
        By::Overlay => "overlay",
        By::Narrower(_) => "narrower scope",
    }
}

/// What a proof is told with.
struct Teller<'a> {
    release: &'a Release,
    place: &'a Place,
    origins: &'a Origins,
    files: &'a Files,
}

impl Teller<'_> {
    fn tell(&self, a: &Rule, b: &Rule, proof: &Proof) -> String {
        let (a_name, b_name) = (&a.info.label, &b.info.label);
        match proof {
            Proof::Apart(apart) => {
                let mut out = format!("  `{a_name}` and `{b_name}` never hold together\n");
                self.apart(a, b, apart, &mut out);
                out
            }
            Proof::Open => {
                format!("  nothing decides between `{a_name}` and `{b_name}`: `pricer check` says E0301\n")
            }
            Proof::Wins { first, by, both } => {
                let (winner, loser) = if *first { (a, b) } else { (b, a) };
                self.wins(winner, loser, by, both)
            }
        }
    }

    fn apart(&self, a: &Rule, b: &Rule, apart: &Apart, out: &mut String) {
        match apart {
            Apart::Dates => {
                let of = |rule: &Rule| {
                    let dates = dates(rule.window, &self.place.zone);
                    format!("`{}` is open {}", rule.info.label, dates.unwrap_or_else(|| "always".to_owned()))
                };
                let _ = writeln!(out, "      dates: {}, {}", of(a), of(b));
            }
            Apart::Cells(cells) => {
                for (attr, left, right) in cells {
                    let _ = writeln!(out, "      {attr}: `{left}` and `{right}` share nothing");
                }
            }
        }
    }

    fn wins(&self, winner: &Rule, loser: &Rule, by: &By, both: &str) -> String {
        let (name, other) = (&winner.info.label, &loser.info.label);
        let word = word(by);
        let mut out = format!("  `{name}` wins over `{other}`: {word}\n");
        let width = name.chars().count().max(other.chars().count()) + 2;
        for rule in [winner, loser] {
            let label = format!("`{}`", rule.info.label);
            let dates = dates(rule.window, &self.place.zone).map(|dates| format!("  {dates}"));
            let _ = writeln!(
                out,
                "      {label:width$}  layer {}  {}:{}{}",
                self.layer(rule),
                rule.info.at.file,
                rule.info.at.line,
                dates.unwrap_or_default(),
            );
        }
        let _ = writeln!(out, "      both hold for:  {both}");
        match by {
            By::LaterLayer => {
                let layers: Vec<&str> = self.release.layers.iter().map(AsRef::as_ref).collect();
                let _ = writeln!(out, "      layers, the later sets the price:  {}", layers.join(" < "));
            }
            By::Over => self.quote_over(winner, &mut out),
            By::Overlay => {
                let _ =
                    writeln!(out, "      `{name}` is `{other}` with a difference, for a part of its scope");
            }
            By::Narrower(boxes) => {
                let _ =
                    writeln!(out, "      same layer, no `over`: every item of `{name}` is one of `{other}`,");
                let _ = writeln!(out, "      and not the other way round");
                for (at, lines) in boxes.iter().enumerate() {
                    if 0 < at {
                        let _ = writeln!(out, "      or, the next alternative of its `any`");
                    }
                    table(lines, &mut out);
                }
            }
        }
        out
    }

    /// The line of the file where `over` is written; a row or overlay may have it from its rule.
    fn quote_over(&self, winner: &Rule, out: &mut String) {
        let own = |label: &str| self.origins.get("rule", label)?.keys.get("over");
        let Some(span) = own(&winner.info.label).or_else(|| own(&winner.info.id)) else {
            return;
        };
        let (line, _) = self.files.line_column(&span.file, span.start);
        let text = self.files.get(&span.file).and_then(|text| text.lines().nth(line.saturating_sub(1)));
        let _ = writeln!(out, "      {}:{line}:  {}", span.file, text.unwrap_or("").trim());
    }

    fn layer(&self, rule: &Rule) -> &str {
        self.release.layers.get(usize::from(rule.layer)).map_or("", AsRef::as_ref)
    }
}

fn table(lines: &[Inside], out: &mut String) {
    let width =
        |text: fn(&Inside) -> &str| lines.iter().map(|line| text(line).chars().count()).max().unwrap_or(0);
    let (attr, inner) = (width(|line| &line.attr), width(|line| &line.inner));
    for line in lines {
        let relation = if line.same { "same as" } else { "inside " };
        let _ =
            writeln!(out, "        {:attr$}  {:inner$}  {relation}  {}", line.attr, line.inner, line.outer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(a: &str, b: &str, place: Option<(&str, &str)>) -> Result<String, String> {
        let rulebook = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda");
        let args = Args {
            rule_a: a.into(),
            rule_b: b.into(),
            rulebook: rulebook.clone(),
            market: place.map(|(market, _)| market.into()),
            channel: place.map(|(_, channel)| channel.into()),
        };
        let loaded = load(Files::read_dir(&rulebook).unwrap());
        answer(&args, loaded.release.as_ref().unwrap(), &loaded)
    }

    #[test]
    fn a_narrower_row_is_proved_attribute_by_attribute() {
        let text = ask("plan#7", "plan#8", Some(("KZ", "own"))).unwrap();
        let wanted = "\
in KZ/own
  `plan#8` wins over `plan#7`: narrower scope
      `plan#8`  layer base  tables/plan_margins.csv:8
      `plan#7`  layer base  tables/plan_margins.csv:7
      both hold for:  category grocery/staples/**  and  market KZ
      same layer, no `over`: every item of `plan#8` is one of `plan#7`,
      and not the other way round
        market    KZ                  inside   any
        category  grocery/staples/**  same as  grocery/staples/**
";
        assert_eq!(text, wanted);
    }

    #[test]
    fn places_with_one_answer_are_told_once() {
        let text = ask("phones", "premium-audio", None).unwrap();
        assert_eq!(text.matches("in ").count(), 1, "{text}");
        assert!(text.starts_with("in DE/own, DE/app, DE/dropship, KZ/own"), "{text}");
        assert!(text.contains("never hold together\n      category: `electronics/phones/**` and"), "{text}");
        let text = ask("kvi-follow", "kvi-follow.for.kz", None).unwrap();
        assert!(text.contains("`kvi-follow.for.kz` cannot act here"), "{text}");
        assert!(text.contains("`kvi-follow.for.kz` wins over `kvi-follow`: overlay"), "{text}");
    }

    #[test]
    fn a_table_stands_for_its_rows() {
        let text = ask("plan", "phones", Some(("DE", "own"))).unwrap();
        assert!(text.contains("7 pairs compared"), "{text}");
        assert!(text.contains("`phones` wins over `plan#4`: later layer"), "{text}");
        assert!(text.contains("base < position < lifecycle < override"), "{text}");
        assert!(text.contains("`plan#9` and `phones` never hold together"), "{text}");
    }

    #[test]
    fn of_many_pairs_some_are_proved_and_the_others_counted() {
        let text = ask("plan", "plan", Some(("KZ", "own"))).unwrap();
        let all: usize = text.split_whitespace().nth(2).unwrap().parse().unwrap();
        assert!(MANY_PAIRS < all && text.contains("pairs compared"), "{text}");
        let told = text.matches("` wins over `").count() + text.matches("` never hold together").count();
        assert!(text.contains(&format!("and {} pairs more", all - MANY_PAIRS)), "{text}");
        assert!(told <= MANY_PAIRS + 2, "{text}");
        let counted = text.lines().skip_while(|line| !line.starts_with("  and ")).skip(1);
        let counts = counted.map(|line| line.split_whitespace().next().unwrap().parse::<usize>().unwrap());
        assert_eq!(counts.sum::<usize>(), all - MANY_PAIRS, "{text}");
    }

    #[test]
    fn what_is_no_rule_is_said() {
        assert!(ask("calm", "plan", None).unwrap_err().contains("all guards apply together"));
        assert!(ask("fones", "plan", None).unwrap_err().contains("there is no rule `fones`"));
        assert!(ask("plan", "phones", Some(("FR", "own"))).unwrap_err().contains("DE/own"));
    }
}
