//! Results for machines.

use super::fit::{Coefficient, Fit, Flag};
use super::instruments::{FirstStage, Test};
use super::spec::Spec;
use serde_json::{Map, Value, json};

/// The version of the layout.
pub const FORMAT_VERSION: u32 = 1;

/// One fit as an object.
pub fn fit(fit: &Fit, spec: &Spec) -> Value {
    let dropped: Vec<Value> =
        fit.dropped.iter().map(|d| json!({ "reason": d.reason, "count": d.count })).collect();
    let (flags, notes) = flags(&fit.flags);
    let mut out = json!({
        "format_version": FORMAT_VERSION,
        "coefficients": fit.coefficients.iter().map(coefficient).collect::<Vec<_>>(),
        "n": fit.n,
        "dropped": dropped,
        "vcov": spec.vcov.text(),
        "vcov_convention": fit.convention,
        "family": spec.family.name(),
        "level": spec.level,
        "degrees_of_freedom": fit.freedom,
        "clusters": fit.clusters,
        "k": fit.k,
        "r2": fit.r2,
        "r2_within": fit.r2_within,
        "sigma": fit.sigma,
        "first_stage": Value::Null,
        "flags": flags,
        "notes": notes,
    });
    if let (Some(d), Some(object)) = (&fit.instruments, out.as_object_mut()) {
        object.insert("first_stage".to_owned(), d.first.iter().map(first_stage).collect());
        for (name, value) in
            [("wu_hausman", d.wu_hausman), ("sargan", d.sargan), ("basmann", d.basmann), ("j", d.j)]
        {
            object.insert(name.to_owned(), value.map_or(Value::Null, test));
        }
        let gmm = |g: &super::instruments::GmmEstimate| json!({ "term": g.term, "estimate": g.estimate, "se": g.se });
        for (name, list) in [("gmm", &d.gmm), ("ols", &d.ols), ("liml", &d.liml)] {
            object.insert(name.to_owned(), list.iter().map(gmm).collect());
        }
        let set = d.anderson_rubin.as_ref().map(|ar| {
            let mut out = test(ar.test);
            if let Some(object) = out.as_object_mut() {
                object.insert("set".to_owned(), json!(ar.set));
            }
            out
        });
        object.insert("anderson_rubin".to_owned(), set.unwrap_or(Value::Null));
    }
    out
}

/// The codes, each once, and every flag with its text.
pub fn flags(flags: &[Flag]) -> (Vec<&'static str>, Vec<Value>) {
    let mut codes: Vec<&'static str> = Vec::new();
    for flag in flags {
        if !codes.contains(&flag.code) {
            codes.push(flag.code);
        }
    }
    (codes, flags.iter().map(|f| json!({ "code": f.code, "text": f.text })).collect())
}

fn coefficient(coefficient: &Coefficient) -> Value {
    let mut out = Map::new();
    out.insert("term".to_owned(), json!(&*coefficient.term));
    let estimate = coefficient.outcome.as_ref().ok();
    let numbers = [
        ("estimate", estimate.map(|e| e.estimate)),
        ("se", estimate.map(|e| e.se)),
        ("t", estimate.map(|e| e.t)),
        ("p", estimate.map(|e| e.p)),
        ("low", estimate.map(|e| e.low)),
        ("high", estimate.map(|e| e.high)),
    ];
    for (name, value) in numbers {
        out.insert(name.to_owned(), json!(value));
    }
    if let Err(reason) = &coefficient.outcome {
        out.insert("status".to_owned(), json!("UNIDENTIFIED"));
        out.insert("reason".to_owned(), json!(reason));
    }
    Value::Object(out)
}

fn first_stage(stage: &FirstStage) -> Value {
    json!({
        "term": stage.term,
        "f": stage.f,
        "df1": stage.df1,
        "df2": stage.df2,
        "p": stage.p,
        "f_robust": stage.f_robust,
        "f_effective": stage.f_effective,
    })
}

fn test(test: Test) -> Value {
    json!({ "statistic": test.statistic, "df": test.df, "p": test.p })
}
