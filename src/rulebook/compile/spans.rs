//! Sets of integers as closed spans.

/// Sorted, disjoint and not touching.
pub fn union(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.retain(|(low, high)| low <= high);
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (low, high) in spans {
        match merged.last_mut() {
            Some((_, end)) if low <= end.saturating_add(1) => *end = high.max(*end),
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// Everything that is in none of `spans`, which are sorted and disjoint.
pub fn outside(spans: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut gaps = Vec::new();
    let mut next = Some(i64::MIN);
    for (low, high) in spans {
        if let Some(start) = next
            && start < *low
        {
            gaps.push((start, low - 1));
        }
        next = high.checked_add(1);
    }
    gaps.extend(next.map(|start| (start, i64::MAX)));
    gaps
}

/// What is in both.
pub fn common(a: &[(i64, i64)], b: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let pairs = a.iter().flat_map(|a| b.iter().map(|b| (a.0.max(b.0), a.1.min(b.1))));
    union(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_sets() {
        let set = union(vec![(5, 9), (1, 2), (3, 3), (8, 12), (20, 19)]);
        assert_eq!(set, [(1, 3), (5, 12)]);
        assert_eq!(outside(&set), [(i64::MIN, 0), (4, 4), (13, i64::MAX)]);
        assert_eq!(outside(&[]), [(i64::MIN, i64::MAX)]);
        assert!(outside(&[(i64::MIN, i64::MAX)]).is_empty());
        assert_eq!(common(&set, &outside(&[(2, 6)])), [(1, 1), (7, 12)]);
    }
}
