//! Reads formulas and row conditions, by recursive descent.

use super::lex::{Spanned, Token, lex};
use super::{Effect, Expr, Factor, FactorKind, Formula, Function, Op, Slope, Term};
use crate::estimate::error::{EstimateError, Result, nearest};

/// How deep parentheses may nest.
const DEPTH_MAX: usize = 64;
const TERMS_MAX: usize = 256;

/// Reads `y ~ x + … | effects | endogenous ~ instruments`; the last two parts may be left out.
pub fn parse_formula(source: &str) -> Result<Formula> {
    let mut p = Parser::new(source)?;
    let response = p.factor()?;
    if matches!(response.kind, FactorKind::Levels { .. }) {
        return Err(EstimateError::new("the left side of `~` must be a number"));
    }
    if !p.take("~") {
        return Err(p
            .wrong("expected `~` after the left side")
            .help("a formula reads `log(units) ~ log(price) + deal | store + week`"));
    }
    let (mut terms, intercept) = p.sum()?;
    let mut effects = Vec::new();
    let mut instrumented = None;
    if p.take("|") {
        if p.tilde_follows() {
            instrumented = Some(p.instruments()?);
        } else {
            effects = p.effects()?;
            if p.take("|") {
                instrumented = Some(p.instruments()?);
            }
        }
    }
    p.end("a formula has at most three parts: `y ~ x | effects | endogenous ~ instruments`")?;
    let (endogenous, instruments) = instrumented.unwrap_or_default();
    // `y ~ price + x | price ~ cost` and `y ~ x | price ~ cost` say the same.
    terms.retain(|t| !endogenous.iter().any(|e: &Term| e.same(t)));
    let mut instruments = instruments;
    instruments.retain(|z: &Term| !terms.iter().any(|t| t.same(z)));
    if !endogenous.is_empty() && instruments.len() < endogenous.len() {
        let message = format!("{} endogenous terms but {} instruments", endogenous.len(), instruments.len());
        return Err(EstimateError::new(message)
            .help("give at least one instrument, not itself a regressor, for each endogenous term"));
    }
    Ok(Formula { response, intercept, terms, effects, endogenous, instruments })
}

/// Reads a row condition such as `week >= 40 & brand != "private"`.
pub fn parse_condition(source: &str) -> Result<Expr> {
    let mut p = Parser::new(source)?;
    let expr = p.expr(0)?;
    p.end("a condition compares columns: `week >= 40 & units > 0`")?;
    Ok(expr)
}

/// Each term of the one side times each of the other.
fn crossed(left: &[Term], right: &[Term]) -> Vec<Term> {
    let pair = |a: &Term, b: &Term| {
        let mut factors = a.factors.clone();
        factors.extend(b.factors.iter().filter(|f| !a.factors.contains(f)).cloned());
        Term { factors }
    };
    left.iter().flat_map(|a| right.iter().map(move |b| pair(a, b))).collect()
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Spanned>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str) -> Result<Self> {
        Ok(Self { source, tokens: lex(source)?, next: 0, depth: 0 })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|t| &t.token)
    }

    fn sees(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(s)) if *s == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.sees(symbol);
        self.next += usize::from(found);
        found
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.next).map_or(self.source.len(), |t| t.start)
    }

    fn wrong(&self, message: &str) -> EstimateError {
        let found = match self.tokens.get(self.next) {
            Some(t) => format!("found `{}`", self.source.get(t.start..t.end).unwrap_or_default()),
            None => "the text ends here".to_owned(),
        };
        EstimateError::new(format!("{message}, {found}")).at(self.offset())
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.wrong(&format!("expected `{symbol}`"))) }
    }

    fn end(&self, help: &str) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.wrong("expected an operator").help(help)) }
    }

    /// Whether this part, up to the next bar, holds a `~`.
    fn tilde_follows(&self) -> bool {
        self.tokens
            .iter()
            .skip(self.next)
            .take_while(|t| t.token != Token::Symbol("|"))
            .any(|t| t.token == Token::Symbol("~"))
    }

    /// `a + b*c - 1`: the terms, main effects first, and whether the intercept stays.
    fn sum(&mut self) -> Result<(Vec<Term>, bool)> {
        let mut terms: Vec<Term> = Vec::new();
        let mut intercept = true;
        let mut minus = self.take("-");
        loop {
            if let Some(Token::Number(value)) = self.peek() {
                let one = (*value - 1.0).abs() < f64::EPSILON;
                if !one && *value != 0.0 {
                    return Err(self.wrong("only 0 and 1 may stand alone, for the intercept"));
                }
                intercept = one != minus;
                self.next += 1;
            } else if minus {
                return Err(self.wrong("only the intercept can be taken away, `- 1`"));
            } else {
                for term in self.product()? {
                    if !terms.iter().any(|t| t.same(&term)) {
                        terms.push(term);
                    }
                }
            }
            minus = self.sees("-");
            if !(self.take("+") || self.take("-")) {
                break;
            }
        }
        terms.sort_by_key(|t| t.factors.len());
        Ok((terms, intercept))
    }

    /// `a*b`: both, and their interaction.
    fn product(&mut self) -> Result<Vec<Term>> {
        let mut out = self.interaction()?;
        while self.take("*") {
            let right = self.interaction()?;
            let both = crossed(&out, &right);
            out.extend(right);
            out.extend(both);
            self.limit(&out)?;
        }
        Ok(out)
    }

    /// `a:b`; either may be a sum in parentheses.
    fn interaction(&mut self) -> Result<Vec<Term>> {
        let mut out = self.part()?;
        while self.take(":") {
            out = crossed(&out, &self.part()?);
            self.limit(&out)?;
        }
        if self.sees("^") {
            return Err(self.wrong("`^` is not allowed here").help("write I(x^2) for a power"));
        }
        if self.sees("/") {
            return Err(self.wrong("`/` is not allowed here").help("write I(a/b) for a ratio"));
        }
        Ok(out)
    }

    /// One factor, or a sum in parentheses, perhaps with all its interactions up to an order: `(a + b)^2`.
    fn part(&mut self) -> Result<Vec<Term>> {
        if !self.take("(") {
            return Ok(vec![Term { factors: vec![self.factor()?] }]);
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong("nested too deeply"));
        }
        let (terms, _) = self.sum()?;
        self.depth -= 1;
        self.expect(")")?;
        if !self.take("^") {
            return Ok(terms);
        }
        let order = match self.peek() {
            Some(Token::Number(order)) if (1.0..=6.0).contains(order) && order.fract() == 0.0 => *order,
            _ => return Err(self.wrong("expected an order from 1 to 6")),
        };
        self.next += 1;
        let mut out = terms.clone();
        let mut done = 1.0;
        while done < order {
            let more = crossed(&out, &terms);
            out.extend(more);
            let mut distinct: Vec<Term> = Vec::new();
            for term in out {
                if !distinct.iter().any(|t| t.same(&term)) {
                    distinct.push(term);
                }
            }
            out = distinct;
            self.limit(&out)?;
            done += 1.0;
        }
        Ok(out)
    }

    fn limit(&self, terms: &[Term]) -> Result<()> {
        if terms.len() <= TERMS_MAX {
            return Ok(());
        }
        Err(self.wrong(&format!("a formula holds at most {TERMS_MAX} terms")))
    }

    fn factor(&mut self) -> Result<Factor> {
        let start = self.offset();
        let indicator = matches!(self.peek(), Some(Token::Name(n)) if ["i", "factor", "as.factor", "C"].contains(&n.as_str()));
        let call = matches!(self.tokens.get(self.next + 1), Some(t) if t.token == Token::Symbol("("));
        let kind = if indicator && call {
            self.next += 2;
            self.levels()?
        } else {
            match self.peek() {
                Some(Token::Name(_)) => FactorKind::Value(self.atom()?),
                _ => return Err(self.wrong("expected a column or a function")),
            }
        };
        let text = self.written(start);
        Ok(Factor { kind, text })
    }

    /// What was written from there to the token before this one.
    fn written(&self, start: usize) -> String {
        let end = self.next.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(start, |t| t.end);
        self.source.get(start..end).unwrap_or_default().replace('`', "")
    }

    /// After `i(`.
    fn levels(&mut self) -> Result<FactorKind> {
        let column = self.name()?;
        let mut reference = None;
        let mut slope = None;
        while self.take(",") {
            let equals = matches!(self.tokens.get(self.next + 1), Some(t) if t.token == Token::Symbol("="));
            if equals {
                let option = self.name()?;
                if option != "ref" {
                    return Err(EstimateError::new(format!("i() has no option `{option}`"))
                        .at(self.offset())
                        .help("the option is ref, the level left out: i(week, ref = 40)"));
                }
                self.expect("=")?;
                reference = Some(self.level()?);
            } else {
                let start = self.offset();
                let expr = self.expr(4)?;
                let text = self.written(start);
                slope = Some(Slope { expr, text });
            }
        }
        self.expect(")")?;
        Ok(FactorKind::Levels { column, reference, slope })
    }

    fn level(&mut self) -> Result<String> {
        let minus = self.take("-");
        let text = match self.peek() {
            Some(Token::Text(text) | Token::Name(text)) => text.clone(),
            Some(Token::Number(value)) => value.to_string(),
            _ => return Err(self.wrong("expected a level")),
        };
        self.next += 1;
        Ok(if minus { format!("-{text}") } else { text })
    }

    fn name(&mut self) -> Result<String> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            _ => Err(self.wrong("expected a column name")),
        }
    }

    /// `brand^store + week`, or `0` for none.
    fn effects(&mut self) -> Result<Vec<Effect>> {
        let mut effects: Vec<Effect> = Vec::new();
        loop {
            if matches!(self.peek(), Some(Token::Number(v)) if *v == 0.0 || (*v - 1.0).abs() < f64::EPSILON) {
                self.next += 1;
            } else {
                let mut columns = vec![self.name()?];
                while self.take("^") {
                    columns.push(self.name()?);
                }
                if self.sees("[") {
                    return Err(self
                        .wrong("slopes that vary by fixed effect are not supported")
                        .help("write them as an interaction, i(store, log(price)), or use --by store"));
                }
                if self.sees("(") {
                    return Err(self
                        .wrong("a fixed effect is a column, not a function")
                        .help("compute the column first"));
                }
                let effect = Effect { columns };
                if !effects.contains(&effect) {
                    effects.push(effect);
                }
            }
            if !self.take("+") {
                return Ok(effects);
            }
        }
    }

    fn instruments(&mut self) -> Result<(Vec<Term>, Vec<Term>)> {
        let (endogenous, _) = self.sum()?;
        if !self.take("~") {
            return Err(self
                .wrong("expected `~` between the endogenous terms and their instruments")
                .help("the third part reads `log(price) ~ log(cost)`"));
        }
        let (instruments, _) = self.sum()?;
        Ok((endogenous, instruments))
    }

    /// Arithmetic and comparisons, by binding power.
    fn expr(&mut self, least: u8) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong("nested too deeply"));
        }
        let mut left = if self.take("-") {
            Expr::Negate(Box::new(self.expr(6)?))
        } else if self.take("!") {
            Expr::Not(Box::new(self.expr(3)?))
        } else {
            self.atom()?
        };
        while let Some((op, power)) = self.operator() {
            if power < least {
                break;
            }
            self.next += 1;
            // `^` binds to the right, everything else to the left.
            let right = self.expr(if op == Op::Power { power } else { power + 1 })?;
            left = Expr::Binary(op, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<(Op, u8)> {
        let Some(Token::Symbol(symbol)) = self.peek() else { return None };
        Some(match *symbol {
            "|" | "||" => (Op::Or, 1),
            "&" | "&&" => (Op::And, 2),
            "==" | "=" => (Op::Equal, 3),
            "!=" => (Op::NotEqual, 3),
            "<" => (Op::Less, 3),
            "<=" => (Op::LessEqual, 3),
            ">" => (Op::Greater, 3),
            ">=" => (Op::GreaterEqual, 3),
            "+" => (Op::Add, 4),
            "-" => (Op::Subtract, 4),
            "*" => (Op::Multiply, 5),
            "/" => (Op::Divide, 5),
            "^" => (Op::Power, 7),
            _ => return None,
        })
    }

    fn atom(&mut self) -> Result<Expr> {
        match self.peek().cloned() {
            Some(Token::Number(value)) => {
                self.next += 1;
                Ok(Expr::Number(value))
            }
            Some(Token::Text(text)) => {
                self.next += 1;
                Ok(Expr::Text(text))
            }
            Some(Token::Symbol("(")) => {
                self.next += 1;
                let inner = self.expr(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(Token::Name(name)) => {
                let at = self.offset();
                self.next += 1;
                if !self.take("(") {
                    return Ok(Expr::Column(name));
                }
                let Some(function) = Function::named(&name) else {
                    return Err(unknown_function(&name, at));
                };
                let argument = self.expr(0)?;
                self.expect(")")?;
                Ok(Expr::Call(function, Box::new(argument)))
            }
            _ => Err(self.wrong("expected a column, a number or a function")),
        }
    }
}

fn unknown_function(name: &str, at: usize) -> EstimateError {
    const KNOWN: [&str; 8] = ["log", "log1p", "exp", "sqrt", "abs", "sin", "cos", "I"];
    let error = EstimateError::new(format!("there is no function `{name}`")).at(at);
    match nearest(name, KNOWN.into_iter()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("the functions are {} and i()", KNOWN.join(", "))),
    }
}
