//! Counters, gauges and histograms as atomics, and the Prometheus text format. No label value comes from a request.

use std::fmt::{Display, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn increment(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A float that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    pub fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    pub fn increment(&self, by: f64) {
        let add = |bits| Some((f64::from_bits(bits) + by).to_bits());
        let _ = self.0.fetch_update(Relaxed, Relaxed, add);
    }

    pub fn decrement(&self, by: f64) {
        self.increment(-by);
    }

    #[must_use]
    pub fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

/// Upper ends in microseconds, and as Prometheus writes them; quotes take microseconds, so the buckets start there.
const BUCKETS: [(u64, &str); 14] = [
    (10, "0.00001"),
    (30, "0.00003"),
    (100, "0.0001"),
    (300, "0.0003"),
    (1_000, "0.001"),
    (3_000, "0.003"),
    (10_000, "0.01"),
    (30_000, "0.03"),
    (100_000, "0.1"),
    (300_000, "0.3"),
    (1_000_000, "1"),
    (3_000_000, "3"),
    (10_000_000, "10"),
    (60_000_000, "60"),
];

/// How long things took.
#[derive(Debug, Default)]
pub struct Histogram {
    /// Not cumulated; the last is for what is longer than all.
    buckets: [AtomicU64; BUCKETS.len() + 1],
    nanos: AtomicU64,
}

impl Histogram {
    pub fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let at = BUCKETS.iter().position(|(end, _)| micros <= *end).unwrap_or(BUCKETS.len());
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Relaxed);
        }
        self.nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Relaxed)).sum()
    }
}

/// Counters by a label whose values are all in the program's text: at most as many as there are slots.
#[derive(Debug)]
pub struct Labeled<const N: usize>([(OnceLock<&'static str>, Counter); N]);

impl<const N: usize> Default for Labeled<N> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Default::default()))
    }
}

impl<const N: usize> Labeled<N> {
    /// Values beyond the slots are counted in the last one.
    pub fn increment(&self, label: &'static str, by: u64) {
        for (name, counter) in &self.0 {
            if *name.get_or_init(|| label) == label {
                return counter.increment(by);
            }
        }
        if let Some((_, last)) = self.0.last() {
            last.increment(by);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().filter_map(|(name, counter)| Some((*name.get()?, counter.get())))
    }
}

/// A page in the making.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    pub fn counter(&mut self, name: &str, about: &str, counter: &Counter) {
        self.family(name, "counter", about);
        self.sample(name, &[], counter.get());
    }

    pub fn gauge(&mut self, name: &str, about: &str, value: f64) {
        self.family(name, "gauge", about);
        self.sample(name, &[], value);
    }

    pub fn family(&mut self, name: &str, kind: &str, about: &str) {
        let _ = writeln!(self.0, "# HELP {name} {about}\n# TYPE {name} {kind}");
    }

    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{text}\"", if at == 0 { '{' } else { ',' });
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// One histogram of a family; the family is named before the first.
    pub fn histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: &Histogram) {
        let with = |end| {
            let mut all = labels.to_vec();
            all.push(("le", end));
            all
        };
        let mut count = 0;
        let ends = BUCKETS.iter().map(|(_, text)| *text).chain(["+Inf"]);
        for (bucket, end) in histogram.buckets.iter().zip(ends) {
            count += bucket.load(Relaxed);
            self.sample(&format!("{name}_bucket"), &with(end), count);
        }
        let sum = Duration::from_nanos(histogram.nanos.load(Relaxed)).as_secs_f64();
        self.sample(&format!("{name}_sum"), labels, sum);
        self.sample(&format!("{name}_count"), labels, count);
    }

    #[must_use]
    pub fn text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_prometheus_reads() {
        let (mut page, histogram) = (Page::default(), Histogram::default());
        for micros in [10, 11, 2_000_000, 90_000_000] {
            histogram.record(Duration::from_micros(micros));
        }
        page.family("x_seconds", "histogram", "How long");
        page.histogram("x_seconds", &[("method", "a\"b")], &histogram);
        let text = page.text();
        assert!(text.starts_with("# HELP x_seconds How long\n# TYPE x_seconds histogram\n"), "{text}");
        for line in [
            r#"x_seconds_bucket{method="a\"b",le="0.00001"} 1"#,
            r#"x_seconds_bucket{method="a\"b",le="0.00003"} 2"#,
            r#"x_seconds_bucket{method="a\"b",le="3"} 3"#,
            r#"x_seconds_bucket{method="a\"b",le="+Inf"} 4"#,
            r#"x_seconds_sum{method="a\"b"} 92.000021"#,
            r#"x_seconds_count{method="a\"b"} 4"#,
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }

    #[test]
    fn labels_never_outgrow_their_slots() {
        let labeled = Labeled::<2>::default();
        for label in ["a", "b", "c", "a"] {
            labeled.increment(label, 1);
        }
        assert_eq!(labeled.iter().collect::<Vec<_>>(), [("a", 2), ("b", 2)]);
        let gauge = Gauge::default();
        gauge.increment(2.0);
        gauge.decrement(0.5);
        assert!((gauge.get() - 1.5).abs() < f64::EPSILON);
    }
}
