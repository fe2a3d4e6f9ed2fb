//! Until the moment that an answer names, time alone does not change it; and the moment is not always the nearest one.

use super::differential::compile;
use super::models;
use super::properties::rulebooks;
use super::question::Question;
use super::reference::generate;
use super::reference::generate::Dice;
use pricer::facts::{ItemReader, Rates, parse_instant};
use pricer::pricing::{Horizon, Outcome, Row, World};

const DAY: i64 = 86_400;

/// What an answer is without the moment it is for.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Decided(decision) => {
            format!("{:?} {} {:?}", decision.status, decision.price, decision.winner)
        }
        Outcome::Refused(refusal) => format!("{:?}", refusal.code),
    }
}

fn until(question: &Question<'_>, horizon: &Horizon, at: i64, most: i64) -> i64 {
    let row =
        Row { item: &question.item, offers: question.book.get(&question.item.sku, &question.place.market) };
    horizon.until(&row, &question.world(at), most)
}

#[test]
fn an_answer_holds_until_the_moment_it_names() {
    let (mut asked, mut ended, mut changed) = (0, 0, 0);
    for seed in (0..rulebooks()).step_by(3) {
        let (files, cases) = generate(seed);
        let release = compile(&files);
        let mut dice = Dice::new(seed);
        for case in &cases {
            let Some(question) = Question::new(&release, case) else { continue };
            let horizon = Horizon::new(question.place);
            let most = 1 + i64::try_from(dice.below(3 * 86_400)).unwrap();
            let end = until(&question, &horizon, question.at, most);
            assert!(question.at < end && end <= question.at + most);
            if !horizon.is_exact(&question.world(question.at)) {
                assert!(end <= question.at + 60);
                continue;
            }
            let answer = told(&question.ask().0);
            let span = usize::try_from(end - question.at).unwrap();
            let moments = [end - 1, question.at + i64::try_from(dice.below(span)).unwrap()];
            for at in moments {
                let later = told(&question.ask_in(&question.item, &question.world(at)).0);
                assert_eq!(later, answer, "seed {seed}, {} at {at}, before {end}\n{case:#?}", case.at);
            }
            asked += 1;
            if end < question.at + most {
                ended += 1;
                let after = question.ask_in(&question.item, &question.world(end)).0;
                changed += usize::from(told(&after) != answer);
            }
        }
    }
    println!("{asked} answers, {ended} ended early, {changed} changed then");
    assert!(0 < changed, "none of {asked} answers changed when it ended, {ended} ended early");
}

/// Friday dinner of Orda, in the app in Germany: from 17:00 to 21:00, by the clock on the wall.
#[test]
fn a_season_ends_an_answer_to_the_second() {
    let (release, _) = models::orda();
    let place = release.place("DE", "app").unwrap();
    let horizon = Horizon::new(place);
    let headers = ["sku", "category", "brand", "cost", "tags"];
    let reader = ItemReader::new(&release.schema, headers, |name| Some(name.to_owned()), None).unwrap();
    let item = reader.read(["X", "grocery/ready-meals/x", "b", "1.00 EUR", ""]).unwrap().item;
    let rates = Rates::default();
    for (at, end) in [
        ("2026-11-20T16:59:58+01:00", "2026-11-20T17:00:00+01:00"),
        ("2026-11-20T17:00:00+01:00", "2026-11-20T21:00:00+01:00"),
        ("2026-11-20T21:00:00+01:00", "2026-11-21T17:00:00+01:00"),
    ] {
        let [at, end] = [at, end].map(|text| parse_instant(text).unwrap());
        let world = World::new(&release, place, &rates, at, None);
        let row = Row { item: &item, offers: &[] };
        assert_eq!(horizon.until(&row, &world, 2 * DAY), end, "from {at}");
        assert_eq!(horizon.until(&row, &world, 1), at + 1);
    }
}
