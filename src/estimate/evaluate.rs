//! Computes expressions over a table, a column at a time.

use super::data::{Categories, Column, Table};
use super::error::{EstimateError, Result};
use super::formula::{Expr, Function, Op};

/// The values of an expression, one a row. Impossible values (`log(0)`) are not finite.
pub fn numbers(expr: &Expr, table: &Table) -> Result<Vec<f64>> {
    match expr {
        Expr::Number(value) => Ok(vec![*value; table.rows()]),
        Expr::Text(text) => Err(EstimateError::new(format!("\"{text}\" is not a number"))
            .help("compare a text with a column: brand == \"a\"")),
        Expr::Column(name) => match table.find(name) {
            None if name == "pi" => Ok(vec![std::f64::consts::PI; table.rows()]),
            _ => table.numbers(name).map(<[f64]>::to_vec),
        },
        Expr::Negate(inner) => Ok(each(numbers(inner, table)?, |v| -v)),
        Expr::Not(inner) => Ok(each(numbers(inner, table)?, |v| truth(v == 0.0))),
        Expr::Call(function, inner) => {
            let values = numbers(inner, table)?;
            Ok(match function {
                Function::Log => each(values, f64::ln),
                Function::LogOnePlus => each(values, f64::ln_1p),
                Function::Exp => each(values, f64::exp),
                Function::Sqrt => each(values, f64::sqrt),
                Function::Abs => each(values, f64::abs),
                Function::Sin => each(values, f64::sin),
                Function::Cos => each(values, f64::cos),
                Function::Identity => values,
            })
        }
        Expr::Binary(op, left, right) => binary(*op, left, right, table),
    }
}

/// The rows where a condition holds; a missing value makes it not hold.
pub fn holds(condition: &Expr, table: &Table) -> Result<Vec<bool>> {
    Ok(numbers(condition, table)?.iter().map(|v| *v != 0.0 && !v.is_nan()).collect())
}

/// The columns an expression reads.
pub fn columns(expr: &Expr, found: &mut Vec<String>) {
    match expr {
        Expr::Number(_) | Expr::Text(_) => {}
        Expr::Column(name) => found.push(name.clone()),
        Expr::Negate(inner) | Expr::Not(inner) | Expr::Call(_, inner) => columns(inner, found),
        Expr::Binary(_, left, right) => {
            columns(left, found);
            columns(right, found);
        }
    }
}

fn truth(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn each(mut values: Vec<f64>, f: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter_mut().for_each(|v| *v = f(*v));
    values
}

fn binary(op: Op, left: &Expr, right: &Expr, table: &Table) -> Result<Vec<f64>> {
    if matches!(op, Op::Equal | Op::NotEqual)
        && let Some(result) = text_comparison(op, left, right, table)?
    {
        return Ok(result);
    }
    // A power by a small whole number is the commonest and need not go through exp and log.
    if let (Op::Power, Expr::Number(power)) = (op, right)
        && (*power - 2.0).abs() < f64::EPSILON
    {
        return Ok(each(numbers(left, table)?, |v| v * v));
    }
    let mut out = numbers(left, table)?;
    let right = numbers(right, table)?;
    for (a, b) in out.iter_mut().zip(&right) {
        *a = one(op, *a, *b);
    }
    Ok(out)
}

fn one(op: Op, a: f64, b: f64) -> f64 {
    let comparison = match op {
        Op::Add => return a + b,
        Op::Subtract => return a - b,
        Op::Multiply => return a * b,
        Op::Divide => return a / b,
        Op::Power => return a.powf(b),
        _ if a.is_nan() || b.is_nan() => return f64::NAN,
        Op::Less => a < b,
        Op::LessEqual => a <= b,
        Op::Greater => a > b,
        Op::GreaterEqual => a >= b,
        Op::Equal => a.total_cmp(&b).is_eq() || (a - b).abs() == 0.0,
        Op::NotEqual => (a - b).abs() != 0.0,
        Op::And => a != 0.0 && b != 0.0,
        Op::Or => a != 0.0 || b != 0.0,
    };
    truth(comparison)
}

fn text_comparison(op: Op, left: &Expr, right: &Expr, table: &Table) -> Result<Option<Vec<f64>>> {
    let (name, text) = match (left, right) {
        (Expr::Column(name), Expr::Text(text)) | (Expr::Text(text), Expr::Column(name)) => (name, text),
        _ => return Ok(None),
    };
    let equal = |same: bool| truth(same == (op == Op::Equal));
    Ok(Some(match table.column(name)? {
        Column::Number(values) => {
            let wanted: f64 = text.parse().map_err(|_| {
                EstimateError::new(format!("column `{name}` holds numbers and \"{text}\" is not one"))
            })?;
            values
                .iter()
                .map(|v| if v.is_nan() { f64::NAN } else { equal((v - wanted).abs() == 0.0) })
                .collect()
        }
        Column::Text(categories) => compare_codes(categories, text, equal),
    }))
}

fn compare_codes(categories: &Categories, text: &str, equal: impl Fn(bool) -> f64) -> Vec<f64> {
    let wanted = categories.levels.iter().position(|l| l == text);
    let one = |code: &u32| match categories.level(*code) {
        None => f64::NAN,
        Some(_) => equal(usize::try_from(*code).ok() == wanted),
    };
    categories.codes.iter().map(one).collect()
}
