//! Price histories with their edges where guards and strategies look: a second beside a day, a week, thirty days.

use super::super::HistoryText;
use super::Place;
use super::dice::{self, Dice};
use jiff::{SignedDuration, Timestamp};

/// Seconds before `at` where a row may start or end.
const EDGES: [i64; 22] = [
    -1, -86_400, 0, 0, 1, 3_600, 64_799, 64_800, 64_801, 86_399, 86_400, 86_401, 172_800, 604_799, 604_800,
    604_801, 1_209_600, 2_591_999, 2_592_000, 2_592_001, 5_184_000, 10_000_000,
];

/// `current` is the current price in millionths, `base` the level of prices.
pub fn rows(
    dice: &mut Dice,
    place: &Place,
    other: &Place,
    at: Timestamp,
    channel: &str,
    (current, base): (i128, i128),
) -> Vec<HistoryText> {
    let before = |seconds: i64| (at - SignedDuration::from_secs(seconds)).to_string();
    let mut starts: Vec<i64> = (0..1 + dice.below(6)).map(|_| dice.pick(&EDGES)).collect();
    starts.sort();
    starts.reverse();
    let mut rows = Vec::new();
    // Reductions are long chains: a row is often like the one before it.
    let (mut kind, mut announced) = ("", "");
    for (number, start) in starts.iter().enumerate() {
        if dice.chance(50) {
            kind = dice.pick(&["", "regular", "regular", "promo", "clearance", "clearance"]);
            announced = dice.pick(&["", "no", "yes", "yes"]);
        }
        let share = dice.pick(&[1_000_000, 970_000, 940_000, 1_060_000, 1_200_000, 700_000, 1_030_928]);
        let minor = place.minor();
        let level = (base * share / 1_000_000 / minor).max(1) * minor;
        let price = if dice.chance(50) { current } else { level };
        let next = starts.get(number + 1).copied().unwrap_or(-604_800);
        let to = match dice.below(10) {
            0..=5 => String::new(),
            6 | 7 => before(next),
            8 => before(dice.pick(&EDGES)), // a gap, an overlap, or an end before the start
            _ => before(start - 1),
        };
        let price = match dice.below(60) {
            0 => dice::money(0, place.currency),
            1 | 2 => dice::money(level, other.currency),
            _ => dice::money(price.min(i128::from(i64::MAX)), place.currency),
        };
        rows.push(HistoryText {
            market: dice.pick(&["", place.market, place.market, place.market]).into(),
            channel: dice.pick(&["", channel, channel, channel, channel]).into(),
            price,
            kind: kind.into(),
            from: before(*start),
            to,
            announced: announced.into(),
        });
        if dice.chance(8) {
            let stranger = rows.last_mut().expect("just added");
            *(if dice.chance(50) { &mut stranger.market } else { &mut stranger.channel }) =
                if stranger.market.is_empty() { other.market.into() } else { "nowhere".into() };
        }
    }
    if dice.chance(30) {
        let last = rows.len();
        rows.swap(dice.below(last), last - 1); // the order of rows counts only where they start together
    }
    rows
}
