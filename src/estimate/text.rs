//! Results for people.

use super::fit::Fit;
use super::spec::Spec;
use std::fmt::Write;

/// A coefficient table with all that is needed to judge it.
pub fn table(fit: &Fit, spec: &Spec) -> String {
    let width = fit.coefficients.iter().map(|c| c.term.chars().count()).max().unwrap_or(4).max(4);
    let mut out = String::new();
    let heading = ["estimate", "se", "t", "p", "low", "high"].map(|h| format!("{h:>12}")).concat();
    let _ = writeln!(out, "{:<width$}{heading}", "term");
    for c in &fit.coefficients {
        let _ = match &c.outcome {
            Ok(e) => writeln!(
                out,
                "{:<width$}{:>12.6}{:>12.6}{:>12.3}{:>12.4}{:>12.6}{:>12.6}",
                c.term, e.estimate, e.se, e.t, e.p, e.low, e.high
            ),
            Err(reason) => writeln!(out, "{:<width$}  UNIDENTIFIED: {reason}", c.term),
        };
    }
    let within = fit.r2_within.map_or_else(String::new, |r| format!(", within {r:.4}"));
    let _ = writeln!(out, "N {}, R² {:.4}{within}, sigma {:.4}", fit.n, fit.r2, fit.sigma);
    let _ = writeln!(out, "standard errors: {} ({}), t({})", spec.vcov.text(), fit.convention, fit.freedom);
    for d in &fit.dropped {
        let _ = writeln!(out, "dropped {} rows: {}", d.count, d.reason);
    }
    if let Some(d) = &fit.instruments {
        for s in &d.first {
            let _ = writeln!(
                out,
                "first stage {}: F({}, {}) {:.2}, robust {:.2}, effective {:.2}",
                s.term, s.df1, s.df2, s.f, s.f_robust, s.f_effective
            );
        }
        for (name, test) in
            [("Wu-Hausman", d.wu_hausman), ("Sargan", d.sargan), ("Basmann", d.basmann), ("Hansen J", d.j)]
        {
            if let Some(test) = test {
                let _ = writeln!(out, "{name} {:.4} (df {}), p {:.4}", test.statistic, test.df, test.p);
            }
        }
    }
    if let Some(d) =
        fit.instruments.as_ref().filter(|_| fit.flags.iter().any(|f| f.code == "WEAK_INSTRUMENT"))
    {
        for (name, list) in [("least squares", &d.ols), ("LIML", &d.liml)] {
            for e in list {
                let _ = writeln!(out, "{name} {}: {:.6} ({:.6})", e.term, e.estimate, e.se);
            }
        }
        if let Some(ar) = &d.anderson_rubin {
            let end = |v: Option<f64>, infinite: &str| v.map_or(infinite.to_owned(), |v| format!("{v:.6}"));
            let parts = ar.set.iter().map(|(l, h)| format!("{} .. {}", end(*l, "-∞"), end(*h, "∞")));
            let set = if ar.set.is_empty() {
                "nothing".to_owned()
            } else {
                parts.collect::<Vec<_>>().join(" and ")
            };
            let _ = writeln!(out, "Anderson-Rubin set, right however weak the instruments: {set}");
        }
    }
    for flag in &fit.flags {
        let _ = writeln!(out, "{}: {}", flag.code, flag.text);
    }
    out
}
