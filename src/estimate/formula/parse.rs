//! Reads formulas and row conditions, by recursive descent.

use super::lex::{Spanned, Token, lex};
use super::{Effect, Expr, Factor, FactorKind, Formula, Function, Op, Term};
use crate::estimate::error::{EstimateError, Result, nearest};

/// How deep parentheses may nest.
const DEPTH_MAX: usize = 64;

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

    /// `a*b:c`: each sub-product of the starred parts.
    fn product(&mut self) -> Result<Vec<Term>> {
        let mut parts = vec![self.interaction()?];
        while self.take("*") {
            parts.push(self.interaction()?);
        }
        if parts.len() > 6 {
            return Err(self.wrong("`*` joins at most six terms"));
        }
        let mut out = Vec::new();
        for mask in 1_u32..(1 << parts.len()) {
            let mut factors: Vec<Factor> = Vec::new();
            for (bit, part) in parts.iter().enumerate() {
                if mask & (1 << bit) != 0 {
                    let new = part.iter().filter(|f| !factors.contains(f)).cloned().collect::<Vec<_>>();
                    factors.extend(new);
                }
            }
            out.push(Term { factors });
        }
        Ok(out)
    }

    fn interaction(&mut self) -> Result<Vec<Factor>> {
        let mut factors = vec![self.factor()?];
        while self.take(":") {
            factors.push(self.factor()?);
        }
        if self.sees("^") {
            return Err(self.wrong("`^` is not allowed here").help("write I(x^2) for a power"));
        }
        if self.sees("/") {
            return Err(self.wrong("`/` is not allowed here").help("write I(a/b) for a ratio"));
        }
        Ok(factors)
    }

    fn factor(&mut self) -> Result<Factor> {
        let start = self.offset();
        let indicator = matches!(self.peek(), Some(Token::Name(n)) if n == "i" || n == "factor" || n == "C");
        let call = matches!(self.tokens.get(self.next + 1), Some(t) if t.token == Token::Symbol("("));
        let kind = if indicator && call {
            self.next += 2;
            self.levels()?
        } else {
            match self.peek() {
                Some(Token::Name(_)) => FactorKind::Value(self.atom()?),
                Some(Token::Symbol("(")) => {
                    return Err(self
                        .wrong("a term cannot begin with a parenthesis")
                        .help("write the terms out, or I(…) for arithmetic"));
                }
                _ => return Err(self.wrong("expected a column or a function")),
            }
        };
        let end = self.next.checked_sub(1).and_then(|i| self.tokens.get(i)).map_or(start, |t| t.end);
        let text = self.source.get(start..end).unwrap_or_default().replace('`', "");
        Ok(Factor { kind, text })
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
                slope = Some(self.expr(4)?);
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
