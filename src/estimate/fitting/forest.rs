//! Forest plots: estimates and their intervals one below the other, as text and as SVG.

use std::fmt::Write;

/// One line of the plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub name: String,
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
    /// How many items stand behind it, and which share of the revenue.
    pub note: String,
}

/// Characters between the two edges.
const WIDTH: usize = 44;

/// Where the axis begins and ends: a span that holds nearly all intervals.
fn axis(bars: &[Bar]) -> (f64, f64) {
    let low = bars.iter().map(|b| b.low.max(-8.0)).fold(-2.0, f64::min);
    let high = bars.iter().map(|b| b.high.min(2.0)).fold(0.0, f64::max);
    ((low * 2.0).floor() / 2.0, (high * 2.0).ceil() / 2.0)
}

/// The plot for a terminal. The bar at −1 is where demand turns inelastic.
pub fn forest_text(bars: &[Bar]) -> String {
    let (low, high) = axis(bars);
    let place = |v: f64| {
        let share = ((v - low) / (high - low)).clamp(0.0, 1.0);
        (share * (WIDTH - 1) as f64).round() as usize
    };
    let width = bars.iter().map(|b| b.name.chars().count()).max().unwrap_or(0).clamp(8, 32);
    let mut out = String::new();
    for bar in bars {
        let name: String = bar.name.chars().take(width).collect();
        let line: String = (0..WIDTH)
            .map(|i| match i {
                _ if i == place(bar.estimate) => '●',
                _ if bar.low < low && i == 0 => '◂',
                _ if bar.high > high && i == WIDTH - 1 => '▸',
                _ if (place(bar.low)..=place(bar.high)).contains(&i) => '─',
                _ if i == place(-1.0) => '┊',
                _ => ' ',
            })
            .collect();
        let numbers = format!("{:>6.2} [{:>6.2}, {:>6.2}]", bar.estimate, bar.low, bar.high);
        let _ = writeln!(out, "{name:<width$} {line} {numbers}  {}", bar.note);
    }
    let _ = writeln!(out, "{:<width$} {:<w$}{high:.1}", "", format!("{low:.1}"), w = WIDTH - 3);
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The same as a picture of its own.
pub fn forest_svg(bars: &[Bar]) -> String {
    let (low, high) = axis(bars);
    let (left, plot, row) = (230.0, 420.0, 20.0);
    let x = |v: f64| left + plot * ((v - low) / (high - low)).clamp(0.0, 1.0);
    let height = row * (bars.len() as f64 + 2.5);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"{height:.0}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\" aria-label=\"price elasticities with 95 % intervals\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut tick = low;
    while tick <= high + 1e-9 {
        let colour = if (tick + 1.0).abs() < 1e-9 { "#c0392b" } else { "#ddd" };
        let _ = writeln!(
            out,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"10\" y2=\"{1:.1}\" stroke=\"{colour}\"/>\
             <text x=\"{0:.1}\" y=\"{2:.1}\" text-anchor=\"middle\">{tick:.1}</text>",
            x(tick),
            height - 28.0,
            height - 12.0
        );
        tick += 0.5;
    }
    for (i, bar) in bars.iter().enumerate() {
        let y = row * (i as f64 + 1.0);
        let _ = writeln!(
            out,
            "<text x=\"8\" y=\"{:.1}\">{}</text><line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" \
             stroke=\"#2c3e50\" stroke-width=\"2\"/><circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#2c3e50\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{:.2} [{:.2}, {:.2}] {}</text>",
            y + 4.0,
            escaped(&bar.name.chars().take(34).collect::<String>()),
            x(bar.low),
            x(bar.high),
            x(bar.estimate),
            left + plot + 12.0,
            y + 4.0,
            bar.estimate,
            bar.low,
            bar.high,
            escaped(&bar.note)
        );
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_drawn_to_scale_and_names_are_escaped() {
        let bar = |name: &str, estimate: f64, half: f64| Bar {
            name: name.to_owned(),
            estimate,
            low: estimate - half,
            high: estimate + half,
            note: "3 items".to_owned(),
        };
        let bars = [bar("a < b", -1.5, 0.25), bar("wide", -3.0, 20.0)];
        let text = forest_text(&bars);
        let first = text.lines().next().unwrap();
        assert_eq!(first.matches('─').count() + 1, 3, "{text}");
        assert!(
            text.contains('◂') && text.contains('▸') && text.contains("-1.50 [ -1.75,  -1.25]"),
            "{text}"
        );
        let svg = forest_svg(&bars);
        assert!(svg.contains("a &lt; b") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }
}
