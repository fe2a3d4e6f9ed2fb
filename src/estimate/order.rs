//! The order of rows in time, for errors that are correlated over time.

use super::data::Column;

/// A number that grows with time. Texts (`2019-03`) are ordered as texts.
pub fn time(column: &Column) -> Vec<f64> {
    match column {
        Column::Number(values) => values.clone(),
        Column::Text(categories) => {
            let mut sorted: Vec<(usize, &String)> = categories.levels.iter().enumerate().collect();
            sorted.sort_by_key(|(_, level)| *level);
            let mut rank = vec![f64::NAN; categories.levels.len()];
            for (place, (code, _)) in sorted.iter().enumerate() {
                if let Some(slot) = rank.get_mut(*code) {
                    *slot = place as f64;
                }
            }
            let of = |code: &u32| usize::try_from(*code).ok().and_then(|c| rank.get(c).copied());
            categories.codes.iter().map(|c| of(c).unwrap_or(f64::NAN)).collect()
        }
    }
}

/// The rows of each panel in the order of time, or of the file where no time is given.
pub fn sequences(
    n: usize,
    panel: Option<&super::grouping::Grouping>,
    time: Option<&[f64]>,
) -> Vec<Vec<usize>> {
    let mut out = panel.map_or_else(|| vec![(0..n).collect()], super::grouping::Grouping::members);
    if let Some(time) = time {
        let at = |row: &usize| time.get(*row).copied().unwrap_or(f64::NAN);
        out.iter_mut().for_each(|rows| rows.sort_by(|a, b| at(a).total_cmp(&at(b))));
    }
    out
}
