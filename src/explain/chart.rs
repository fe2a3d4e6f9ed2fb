//! A profit curve as a picture: SVG without scripts, readable without colors, its numbers beside it.

use std::fmt::Write as _;

/// A curve with its interval, and the prices that matter on it.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    pub title: String,
    /// What the picture says, for those who cannot see it.
    pub text: String,
    /// `EUR a day`.
    pub unit: String,
    pub currency: String,
    /// (price, value, (low, high)), in the order of prices.
    pub points: Vec<(f64, f64, (f64, f64))>,
    /// (price, value) of what was seen.
    pub dots: Vec<(f64, f64)>,
    /// Prices with a name, in the order in which they are drawn.
    pub marks: Vec<(String, f64)>,
    /// The prices that the guards allow.
    pub allowed: (f64, f64),
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// Left, right, top, bottom.
const MARGIN: (f64, f64, f64, f64) = (72.0, 24.0, 64.0, 44.0);
/// Inks that people who confuse red and green can tell apart (Okabe & Ito).
const INKS: [&str; 4] = ["#000000", "#d55e00", "#0072b2", "#009e73"];
const DASHES: [&str; 4] = ["", "6 3", "2 3", "8 3 2 3"];

struct Scale {
    from: f64,
    span: f64,
    start: f64,
    length: f64,
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        self.start + (value - self.from) / self.span * self.length
    }

    /// Round values inside, about `count` of them.
    fn ticks(&self, count: f64) -> Vec<f64> {
        let rough = (self.span / count).max(f64::MIN_POSITIVE);
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
        let step = step.into_iter().find(|step| rough <= *step).unwrap_or(power);
        let first = (self.from / step).ceil();
        let all = (0..50).map(|at| (first + f64::from(at)) * step);
        all.take_while(|tick| *tick <= self.from + self.span * 1.000_001).collect()
    }
}

impl Chart {
    /// The picture; none without two points.
    #[must_use]
    pub fn svg(&self) -> Option<String> {
        let (first, last) = (self.points.first()?.0, self.points.last()?.0);
        let seen = || self.dots.iter().filter(|(price, _)| (first..=last).contains(price)).copied();
        let values = || self.points.iter().flat_map(|(_, value, (low, high))| [*value, *low, *high]);
        let values = || values().chain(seen().map(|(_, value)| value));
        let (low, high) = (values().fold(0.0, f64::min), values().fold(f64::MIN, f64::max));
        if last <= first || high <= low {
            return None;
        }
        let (left, right, top, bottom) = MARGIN;
        let x = Scale { from: first, span: last - first, start: left, length: WIDTH - left - right };
        let y = Scale { from: low, span: high - low, start: HEIGHT - bottom, length: top + bottom - HEIGHT };
        let mut out = String::new();
        self.head(&mut out);
        self.range(&x, &mut out);
        self.axes(&x, &y, &mut out);
        let place = |(price, value): (f64, f64)| format!("{:.1},{:.1}", x.at(price), y.at(value));
        let upper = self.points.iter().map(|(price, _, (_, high))| (*price, *high));
        let lower = self.points.iter().rev().map(|(price, _, (low, _))| (*price, *low));
        let band: Vec<String> = upper.chain(lower).map(place).collect();
        line(
            &mut out,
            &format!("<polygon points=\"{}\" fill=\"#0072b2\" fill-opacity=\"0.18\"/>", band.join(" ")),
        );
        let curve: Vec<String> =
            self.points.iter().map(|(price, value, _)| place((*price, *value))).collect();
        let stroke = "fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\"";
        line(&mut out, &format!("<polyline points=\"{}\" {stroke}/>", curve.join(" ")));
        for (price, value) in seen() {
            let (x, y) = (x.at(price), y.at(value));
            let dot = format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"#000000\" fill-opacity=\"0.55\"/>"
            );
            line(&mut out, &dot);
        }
        self.named(&x, &mut out);
        line(&mut out, "</svg>");
        Some(out)
    }

    fn head(&self, out: &mut String) {
        line(
            out,
            &format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
                 role=\"img\" font-family=\"sans-serif\" font-size=\"12\">"
            ),
        );
        line(out, &format!("<title>{}</title>", escaped(&self.title)));
        line(out, &format!("<desc>{}</desc>", escaped(&self.text)));
        line(out, &format!("<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>"));
        line(
            out,
            &format!("<text x=\"{}\" y=\"20\" font-size=\"14\">{}</text>", MARGIN.0, escaped(&self.title)),
        );
    }

    /// What the guards do not allow is gray.
    fn range(&self, x: &Scale, out: &mut String) {
        let (left, top) = (x.start, MARGIN.2);
        let (right, height) = (x.start + x.length, HEIGHT - MARGIN.2 - MARGIN.3);
        let edge = |price: f64| x.at(price).clamp(left, right);
        let (low, high) = (edge(self.allowed.0), edge(self.allowed.1));
        for (from, to) in [(left, low), (high, right)] {
            if from < to {
                let rect = format!(
                    "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{height}\" fill=\"#eeeeee\"/>",
                    to - from
                );
                line(out, &rect);
            }
        }
    }

    fn axes(&self, x: &Scale, y: &Scale, out: &mut String) {
        let (left, right, bottom) = (x.start, x.start + x.length, HEIGHT - MARGIN.3);
        for tick in y.ticks(6.0) {
            let at = y.at(tick);
            line(
                out,
                &format!(
                    "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>"
                ),
            );
            let text = format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                at + 4.0,
                plain(tick)
            );
            line(out, &text);
        }
        for tick in x.ticks(8.0) {
            let (at, below) = (x.at(tick), bottom + 18.0);
            line(
                out,
                &format!("<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{}</text>", plain(tick)),
            );
        }
        line(
            out,
            &format!(
                "<line x1=\"{left}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\" stroke=\"#000000\"/>"
            ),
        );
        let (middle, under) = ((left + right) / 2.0, HEIGHT - 8.0);
        let price = escaped(&self.currency);
        line(
            out,
            &format!("<text x=\"{middle}\" y=\"{under}\" text-anchor=\"middle\">price, {price} gross</text>"),
        );
        line(out, &format!("<text x=\"{left}\" y=\"{}\">{}</text>", MARGIN.2 - 8.0, escaped(&self.unit)));
    }

    fn named(&self, x: &Scale, out: &mut String) {
        let (top, bottom) = (MARGIN.2, HEIGHT - MARGIN.3);
        let mut along = x.start + 150.0;
        for (at, (name, price)) in self.marks.iter().enumerate() {
            let ink = INKS.get(at % INKS.len()).copied().unwrap_or("");
            let dash = DASHES.get(at % DASHES.len()).copied().unwrap_or("");
            let stroke = format!("stroke=\"{ink}\" stroke-width=\"1.5\" stroke-dasharray=\"{dash}\"");
            let place = x.at(*price).clamp(x.start, x.start + x.length);
            line(
                out,
                &format!("<line x1=\"{place:.1}\" y1=\"{top}\" x2=\"{place:.1}\" y2=\"{bottom}\" {stroke}/>"),
            );
            let label = format!("{name} {price:.2}");
            line(
                out,
                &format!("<line x1=\"{along:.1}\" y1=\"40\" x2=\"{:.1}\" y2=\"40\" {stroke}/>", along + 22.0),
            );
            line(out, &format!("<text x=\"{:.1}\" y=\"44\">{}</text>", along + 27.0, escaped(&label)));
            along += 50.0 + 6.6 * label.chars().count() as f64;
        }
    }
}

/// A number without the zeros of its fraction.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let point =
            |price: f64| (price, price * (30.0 - price), (price * (28.0 - price), price * (32.0 - price)));
        Chart {
            title: "A <b> & \"c\"".to_owned(),
            text: "about".to_owned(),
            unit: "EUR a day".to_owned(),
            currency: "EUR".to_owned(),
            points: (5..=25).map(|price| point(f64::from(price))).collect(),
            dots: vec![(10.0, 210.0), (20.0, 190.0), (99.0, 1.0)],
            marks: vec![("today".to_owned(), 12.0), ("best".to_owned(), 15.0)],
            allowed: (10.0, 40.0),
        }
    }

    #[test]
    fn a_picture_is_whole_and_safe() {
        let svg = chart().svg().unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert!(svg.contains("<title>A &lt;b&gt; &amp; &quot;c&quot;</title>") && !svg.contains("<b>"));
        assert_eq!((svg.matches("<polygon").count(), svg.matches("<polyline").count()), (1, 1));
        // 5 to 10 is not allowed, 25 is.
        assert_eq!(svg.matches("fill=\"#eeeeee\"").count(), 1);
        assert!(svg.contains("today 12.00") && svg.contains("best 15.00"));
        // One of three was seen beyond the prices that are shown.
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn ticks_are_round_and_nothing_has_no_picture() {
        let scale = |from, span| Scale { from, span, start: 0.0, length: 100.0 };
        assert_eq!(scale(0.0, 10.0).ticks(5.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(scale(13.0, 40.0).ticks(4.0), [20.0, 30.0, 40.0, 50.0]);
        assert_eq!(Chart::default().svg(), None);
    }
}
