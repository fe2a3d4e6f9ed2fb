//! The order in which rules, rows, columns, offers and items are written changes nothing but row numbers.

use super::differential::{answer, compile};
use super::models;
use super::properties::{decided, rulebooks};
use super::question::Question;
use super::reference::generate::Dice;
use super::reference::{Answer, CaseInput, Files, generate};
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use pricer::batch::{Job, reprice};
use pricer::facts::parse_instant;
use pricer::pricing::Outcome;
use std::collections::BTreeMap;
use std::sync::Arc;

fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for last in (1..list.len()).rev() {
        list.swap(last, dice.below(last + 1));
    }
}

/// What stands before the first entry, and the entries: an entry's overlays and subtables stay in its file.
fn entries(text: &str) -> (String, BTreeMap<String, Vec<String>>) {
    let (mut preamble, mut groups) = (String::new(), BTreeMap::<String, Vec<String>>::new());
    let mut current: Option<String> = None;
    for line in text.lines() {
        if line.starts_with('[') {
            let name = line.trim_start_matches('[').split(']').next().unwrap();
            let id: Vec<&str> = name.split('.').take(2).collect();
            groups.entry(id.join(".")).or_default().push(String::new());
            current = Some(id.join("."));
        }
        let part = current.as_ref().and_then(|id| groups.get_mut(id)?.last_mut());
        *part.unwrap_or(&mut preamble) += &format!("{line}\n");
    }
    (preamble, groups)
}

/// The same rulebook: entries in another order, in other files, with other names; table rows in another order.
fn shuffled(files: &Files, dice: &mut Dice) -> Files {
    let mut out = Files::default();
    let mut texts = vec![String::new(); 7];
    for (path, text) in &files.0 {
        if path.starts_with("rules/") {
            let (preamble, groups) = entries(text);
            out.0.insert(format!("rules/a-{}.toml", out.0.len()), preamble);
            let mut groups: Vec<Vec<String>> = groups.into_values().collect();
            shuffle(&mut groups, dice);
            for mut parts in groups {
                shuffle(&mut parts, dice);
                texts[dice.below(7)] += &parts.concat();
            }
        } else if path.starts_with("tables/") {
            let mut rows: Vec<&str> = text.lines().collect();
            shuffle(&mut rows[1..], dice);
            out.0.insert(path.clone(), rows.iter().map(|row| format!("{row}\n")).collect());
        } else {
            out.0.insert(path.clone(), text.clone());
        }
    }
    for (number, text) in texts.into_iter().enumerate() {
        out.0.insert(format!("rules/{}{number}.toml", ["z", "m", "b"][number % 3]), text);
    }
    out
}

/// Offers of different rivals in another order; of one rival the later row counts where both were seen at once.
fn other_order(case: &CaseInput, dice: &mut Dice) -> CaseInput {
    let mut by_rival: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for offer in &case.offers {
        by_rival.entry(&offer.rival).or_default().push(offer.clone());
    }
    let mut lists: Vec<_> = by_rival.into_values().collect();
    shuffle(&mut lists, dice);
    CaseInput { offers: lists.concat(), ..case.clone() }
}

fn asked(question: &Question<'_>) -> Answer {
    let (outcome, steps) = question.ask();
    match answer(&outcome, &steps, question.place, &question.book.names) {
        Answer::Priced(mut priced) => {
            priced.row = None;
            Answer::Priced(priced)
        }
        other => other,
    }
}

#[test]
fn the_order_of_what_is_written_changes_nothing() {
    let (mut compared, mut from_tables) = (0, 0);
    for seed in 0..rulebooks() {
        let mut dice = Dice::new(seed + 1_000_000);
        let (files, cases) = generate(seed);
        let (release, other) = (compile(&files), compile(&shuffled(&files, &mut dice)));
        assert_eq!(release.guard_count, other.guard_count);
        for case in &cases {
            let Some(question) = Question::new(&release, case) else { continue };
            let expected = asked(&question);
            let again = other_order(case, &mut dice);
            let got = asked(&Question::new(&other, &again).unwrap());
            assert_eq!(expected, got, "seed {seed}\n{case:?}");
            compared += 1;
            from_tables += u64::from(matches!(&expected, Answer::Priced(priced) if priced.rule == "plan"));
        }
    }
    println!("{compared} compared, {from_tables} of them from table rows");
    assert!(0 < from_tables && from_tables < compared);
}

/// The items feed as the batch an outside program would bring, its rows and columns in another order.
fn orda_batch(dice: &mut Dice) -> RecordBatch {
    let mut reader = csv::Reader::from_path(models::folder("orda").join("feeds/items.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let mut records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    shuffle(&mut records, dice);
    let mut columns: Vec<(usize, &str)> = headers.iter().enumerate().collect();
    shuffle(&mut columns, dice);
    let columns = columns.into_iter().map(|(at, header)| {
        let cells = StringArray::from_iter_values(records.iter().map(|record| &record[at]));
        (header.to_owned(), Arc::new(cells) as ArrayRef)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Place, SKU → price and rule.
type Prices = BTreeMap<[String; 3], (Option<i128>, Option<String>)>;

#[test]
fn a_batch_of_orda_in_any_order_is_the_map_of_single_prices() {
    let (release, facts) = models::orda();
    let mut single = Prices::new();
    for question in models::orda_questions(&release, &facts) {
        let (outcome, _) = question.ask();
        let place = question.place;
        let decision = decided(&outcome);
        let rule = match &outcome {
            Outcome::Decided(decision) => decision.winner,
            Outcome::Refused(refusal) => refusal.winner,
        };
        let key = [&*place.market, &*place.channel, &*question.item.sku].map(str::to_owned);
        let price = decision.map(|decision| i128::from(decision.price.amount().micros()));
        single.insert(key, (price, rule.map(|rule| place.rules[rule.rule as usize].info.id.to_string())));
    }
    let job = Job::new(&release, &facts, parse_instant(models::ORDA_AT).unwrap(), None, None).unwrap();
    for seed in 0..2 {
        let (out, quarantined) = reprice(&job, &orda_batch(&mut Dice::new(seed))).unwrap();
        assert!(quarantined.is_empty(), "{quarantined:?}");
        let text = |name: &str, row: usize| {
            let column = out.column_by_name(name).unwrap().as_any_dictionary();
            column.is_valid(row).then(|| {
                let key = column.normalized_keys()[row];
                column.values().as_string::<i32>().value(key).to_owned()
            })
        };
        let skus = out.column_by_name("sku").unwrap().as_string::<i32>();
        let prices = out.column_by_name("price").unwrap().as_primitive::<Decimal128Type>();
        let batch: Prices = (0..out.num_rows())
            .map(|row| {
                let sku = skus.value(row).to_owned();
                let price = prices.is_valid(row).then(|| prices.value(row));
                let key = [text("market", row).unwrap(), text("channel", row).unwrap(), sku];
                (key, (price, text("rule", row)))
            })
            .collect();
        assert_eq!(batch.len(), out.num_rows());
        for (place, answer) in &single {
            assert_eq!(batch.get(place), Some(answer), "{place:?}");
        }
        assert_eq!(batch.len(), single.len());
    }
}
