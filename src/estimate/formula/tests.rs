//! Tests of this module.

use super::*;

fn terms(terms: &[Term]) -> String {
    terms.iter().map(Term::text).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_three_parts_are_read() {
    let f =
        parse_formula("log(units) ~ log(price) + deal + feat | brand^store + week | log(price) ~ log(cost)")
            .unwrap();
    assert_eq!(f.response.text, "log(units)");
    assert_eq!(terms(&f.terms), "deal feat");
    assert_eq!(f.effects.iter().map(Effect::text).collect::<Vec<_>>(), ["brand^store", "week"]);
    assert_eq!((terms(&f.endogenous).as_str(), terms(&f.instruments).as_str()), ("log(price)", "log(cost)"));
    let two = parse_formula("y ~ x | p ~ z1 + z2").unwrap();
    assert!(two.effects.is_empty() && two.instruments.len() == 2);
}

#[test]
fn interactions_are_written_out_main_effects_first() {
    let f = parse_formula("y ~ a*b*c + d:e").unwrap();
    assert_eq!(terms(&f.terms), "a b c a:b a:c b:c d:e a:b:c");
    let g = parse_formula("y ~ i(week, ref = 40) + i(brand, log(price)) - 1").unwrap();
    assert_eq!(terms(&g.terms), "i(week, ref = 40) i(brand, log(price))");
    assert!(!g.intercept);
}

#[test]
fn mistakes_are_placed_and_cured() {
    for (source, part, at) in [
        ("y x", "expected `~`", 2),
        ("y ~ lgo(x)", "did you mean `log`", 4),
        ("y ~ x^2", "I(x^2)", 5),
        ("y ~ x | a | b", "expected `~` between", 13),
        ("y ~ x | f[p]", "--by", 9),
        ("y ~ x ? z", "no meaning", 6),
        ("y ~ log(x", "expected `)`", 9),
        ("y ~ x | 0 | p ~ x", "1 endogenous terms but 0", 0),
    ] {
        let error = parse_formula(source).unwrap_err();
        assert!(error.to_string().contains(part), "{source}: {error}");
        assert_eq!(error.offset().unwrap_or(0), at, "{source}: {error}");
    }
    assert!(parse_formula(&format!("y ~ I({}x{})", "(".repeat(500), ")".repeat(500))).is_err());
}

#[test]
fn conditions_bind_as_usual() {
    let e = parse_condition("week >= 40 & brand == \"mm\" | -x^2 < 1 + 2*3").unwrap();
    assert!(matches!(e, Expr::Binary(Op::Or, _, _)));
}
