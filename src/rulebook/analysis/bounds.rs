//! E0501: a floor above a ceiling, for every item in the scope of both, whatever its cost.

use super::cure::{exclude, maybe};
use super::words::{count_of, factor, grouped, percent, whereabouts};
use super::{Context, Witness};
use crate::facts::AttrId;
use crate::money::{Amount, Fraction, Overflow, Ratio, Rounding, to_minor};
use crate::pricing::{Bound, Cond, CostBasis, GuardClass, GuardRef, GuardVariant, Limit, Place, Scope, Side};
use crate::rulebook::boxes::{contains, describe, overlaps};
use crate::rulebook::{Diagnostic, Edit};
use std::collections::BTreeMap;

/// One bound of one guard, as a multiple of something.
#[derive(Clone, Copy)]
struct Line<'a> {
    guard: usize,
    variant: usize,
    of: &'a GuardVariant,
    bound: &'a Bound,
    side: Side,
    basis: Basis,
    /// Of the basis; for an amount the amount itself.
    factor: Fraction,
    /// The basis is the landed cost: a buffer on the exchange rate comes on top.
    landed: bool,
    key: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Basis {
    Amount,
    Cost,
    Attr(AttrId),
}

/// A pair that excludes each other, in its first place.
struct Clash<'a> {
    place: &'a Place,
    floor: Line<'a>,
    ceiling: Line<'a>,
    shared: Box<[Cond]>,
}

/// Floor's guard and key, ceiling's guard and key.
type Key<'a> = (&'a str, &'static str, &'a str, &'static str);

pub(super) fn findings(
    context: &Context<'_>,
    places: &[Place],
    witness: Option<&dyn Witness>,
) -> Vec<Diagnostic> {
    let mut clashes: BTreeMap<Key<'_>, (Clash<'_>, Vec<&Place>)> = BTreeMap::new();
    for place in places {
        let lines = lines(place);
        let (floors, ceilings): (Vec<Line<'_>>, Vec<Line<'_>>) =
            lines.into_iter().partition(|line| line.side == Side::Floor);
        for floor in &floors {
            for ceiling in ceilings.iter().filter(|ceiling| excludes(place, floor, ceiling).unwrap_or(false))
            {
                let Some(shared) = shared(context, place, floor, ceiling) else {
                    continue;
                };
                let key: Key<'_> = (&floor.of.info.label, floor.key, &ceiling.of.info.label, ceiling.key);
                let clash = Clash { place, floor: *floor, ceiling: *ceiling, shared };
                clashes.entry(key).or_insert_with(|| (clash, Vec::new())).1.push(place);
            }
        }
    }
    let finding = |(clash, found): &(Clash<'_>, Vec<&Place>)| {
        let seen = witness.and_then(|witness| clash.seen(witness, found));
        clash.finding(context, whereabouts(places, found), seen)
    };
    clashes.values().map(finding).collect()
}

fn lines(place: &Place) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (guard, own) in place.guards.iter().enumerate() {
        for (variant, of) in own.variants.iter().enumerate().filter(|(_, of)| of.when.is_none()) {
            for bound in &of.bounds {
                for (side, basis, factor, landed, key) in sides(place, bound) {
                    let Ok(factor) = factor else { continue };
                    lines.push(Line { guard, variant, of, bound, side, basis, factor, landed, key });
                }
            }
        }
    }
    lines
}

type SideOf = (Side, Basis, Result<Fraction, Overflow>, bool, &'static str);

/// What a bound says for any VAT class: in a pair on one basis the tax cancels.
fn sides(place: &Place, bound: &Bound) -> Vec<SideOf> {
    let vat = place.vat.iter().position(|vat| &*vat.class == "standard").unwrap_or(0);
    let of = |list: &[Fraction]| list.get(vat).copied().ok_or(Overflow);
    let amount = |amount: &Amount| Ok(Fraction::of_amount(*amount));
    let price_key = |side: &Side| match side {
        Side::Floor => "min_price",
        Side::Ceiling => "max_price",
    };
    match bound {
        Bound::MinMargin { factor, .. } => {
            let whole = of(factor).and_then(|factor| place.landed.mul(factor));
            vec![(Side::Floor, Basis::Cost, whole, true, "min_margin")]
        }
        Bound::MaxMarkup { of: basis, factor, .. } => {
            let landed = *basis == CostBasis::Landed;
            let on = if landed { place.landed } else { Fraction::ONE };
            let whole = of(factor).and_then(|factor| on.mul(factor));
            vec![(Side::Ceiling, Basis::Cost, whole, landed, "max_markup")]
        }
        Bound::Price { side, limit: Limit::Amount(limit) } => {
            vec![(*side, Basis::Amount, amount(limit), false, price_key(side))]
        }
        Bound::Price { side, limit: Limit::Relative { attr, factor, .. } } => {
            let basis = if *attr == crate::facts::builtin::COST { Basis::Cost } else { Basis::Attr(*attr) };
            vec![(*side, basis, of(factor), false, price_key(side))]
        }
        Bound::Absolute { low, high } => vec![
            (Side::Floor, Basis::Amount, amount(low), false, "absolute"),
            (Side::Ceiling, Basis::Amount, amount(high), false, "absolute"),
        ],
        _ => Vec::new(),
    }
}

/// Whether the floor is above the ceiling whatever the basis is worth.
fn excludes(place: &Place, floor: &Line<'_>, ceiling: &Line<'_>) -> Result<bool, Overflow> {
    if floor.basis != ceiling.basis || !floor.of.window.meets(ceiling.of.window) {
        return Ok(false);
    }
    if floor.basis == Basis::Amount {
        let minor =
            |line: &Line<'_>, rounding| to_minor(line.factor.to_amount(rounding)?, place.currency, rounding);
        return Ok(minor(ceiling, Rounding::Down)? < minor(floor, Rounding::Up)?);
    }
    // The buffer raises whatever rests on the landed cost, if a rate is used at all: the ceiling gets it, the floor does not.
    let most = match ceiling.landed && !floor.landed {
        true => ceiling.factor.mul(Fraction::ONE.add(Fraction::of(place.fx.buffer))?)?,
        false => ceiling.factor,
    };
    Ok(floor.factor.sub(most)?.is_positive())
}

/// A box where both guards act: not one where a narrower variant replaces either.
fn shared(context: &Context<'_>, place: &Place, floor: &Line<'_>, ceiling: &Line<'_>) -> Option<Box<[Cond]>> {
    if floor.guard == ceiling.guard && floor.variant != ceiling.variant {
        return None;
    }
    let replaced = |line: &Line<'_>, part: &Scope| {
        let narrower = place.guards.get(line.guard).map_or(&[][..], |guard| &guard.variants);
        narrower.iter().take(line.variant).any(|other| contains(context.schema, &other.scope, part))
    };
    overlaps(context.schema, &floor.of.scope, &ceiling.of.scope).find(|conds| {
        let part = Scope { boxes: Box::new([conds.clone()]) };
        !replaced(floor, &part) && !replaced(ceiling, &part)
    })
}

impl Clash<'_> {
    /// Real items that are caught between the two.
    fn seen(&self, witness: &dyn Witness, places: &[&Place]) -> Option<String> {
        let at = |line: &Line<'_>| {
            let (guard, variant) = (u16::try_from(line.guard).ok()?, u16::try_from(line.variant).ok()?);
            Some(GuardRef { guard, variant, class: line.of.class })
        };
        let (floor, ceiling) = (at(&self.floor)?, at(&self.ceiling)?);
        // Guards have other indices in other places, so the first place is asked.
        let here = witness.crossed(places.first()?, floor, ceiling);
        let catalog = witness.name();
        let Some((sku, low, high)) = here.example else {
            return Some(format!("in {catalog} this is no item today"));
        };
        let currency = self.place.currency;
        Some(format!(
            "in {catalog} this is {} of {}/{}, e.g. {sku}: floor {}, ceiling {}",
            count_of(here.items.len()),
            self.place.market,
            self.place.channel,
            grouped(low, currency, Rounding::Up),
            grouped(high, currency, Rounding::Down)
        ))
    }

    fn finding(&self, context: &Context<'_>, places: Option<String>, seen: Option<String>) -> Diagnostic {
        let (weak, strong) = self.weak_first();
        let span = |line: &Line<'_>| context.setting("guard", &line.of.info, line.key);
        let mut finding = Diagnostic::error(
            "E0501",
            "the floor is above the ceiling for every item in this scope",
            span(weak),
            self.says(context, weak),
        )
        .related(span(strong), self.says(context, strong));
        if let Some(note) = self.margin_note() {
            finding = finding.note(note);
        }
        if let Some(note) = self.example(context) {
            finding = finding.note(note);
        }
        let described = describe(context.schema, &self.shared);
        let scope = match places {
            Some(places) => format!("{places}  and  {described}"),
            None => described,
        };
        if let Some(seen) = seen {
            finding = finding.note(seen);
        }
        finding = finding.note(self.consequence()).note(format!("scope of the clash: {scope}"));
        finding.fixes.extend(self.lower_margin(context));
        let apart = exclude(context, "guard", &weak.of.info.label, &weak.of.scope, &strong.of.scope);
        if let Some((cell, edits)) = apart.filter(|_| weak.guard != strong.guard) {
            finding.fixes.push(maybe(format!("add  {cell}  to `{}`", weak.of.info.label), edits));
        }
        if finding.fixes.is_empty() {
            finding
                .fixes
                .push(maybe("lower the floor, raise the ceiling, or keep their scopes apart", Vec::new()));
        }
        finding
    }

    /// The bound that gives way: the lower class; in one class the ceiling.
    fn weak_first(&self) -> (&Line<'_>, &Line<'_>) {
        match self.floor.of.class > self.ceiling.of.class {
            true => (&self.floor, &self.ceiling),
            false => (&self.ceiling, &self.floor),
        }
    }

    fn says(&self, context: &Context<'_>, line: &Line<'_>) -> String {
        let sign = if line.side == Side::Floor { '≥' } else { '≤' };
        let currency = self.place.currency;
        let price = match line.bound {
            Bound::MinMargin { margin, .. } => {
                let kept = Fraction::ONE.sub(Fraction::of(*margin)).unwrap_or(Fraction::ONE);
                format!("landed cost ÷ {}", factor(kept))
            }
            Bound::MaxMarkup { of, by, .. } => {
                let whole = Fraction::ONE.add(Fraction::of(*by)).unwrap_or(Fraction::ONE);
                let landed = if *of == CostBasis::Landed { "landed " } else { "" };
                format!("{landed}cost × {}", factor(whole))
            }
            Bound::Price { limit: Limit::Relative { attr, share, .. }, .. } => {
                format!("{} of {}", share.to_percent_text(7), context.schema.attr(*attr).name)
            }
            _ => line
                .factor
                .to_amount(Rounding::HalfEven)
                .map_or_else(|_| String::new(), |amount| format!("{amount} {currency}")),
        };
        format!("guard `{}` ({}):  price {sign} {price}", line.of.info.label, line.of.class.as_str())
    }

    /// Why a margin and a markup of about the same size do not fit.
    fn margin_note(&self) -> Option<String> {
        let (Bound::MinMargin { .. }, Bound::MaxMarkup { of, by, .. }) =
            (self.floor.bound, self.ceiling.bound)
        else {
            return None;
        };
        let whole = Fraction::ONE.add(Fraction::of(*by)).ok()?;
        let margin = Fraction::ONE.sub(Fraction::ONE.div(whole).ok()?).ok()?;
        let mut note = format!(
            "margin is a share of the price, markup a share of cost: {} markup on cost is {} margin",
            by.to_percent_text(7),
            percent(margin, 1)
        );
        let landed = self.place.landed.sub(Fraction::ONE).ok()?;
        if *of == CostBasis::Purchase && landed.is_positive() {
            let left = Fraction::ONE.sub(self.place.landed.div(whole).ok()?).ok()?;
            note.push_str(&format!(
                ",\nand {} after the {} of landed costs of market {}, which the cap may not contain",
                percent(left, 1),
                percent(landed, 1),
                self.place.market
            ));
        }
        Some(note)
    }

    fn example(&self, context: &Context<'_>) -> Option<String> {
        let currency = self.place.currency;
        let at = |amount: Amount| {
            let floor = self.floor.factor.apply(amount, Rounding::Up).ok()?;
            let ceiling = self.ceiling.factor.apply(amount, Rounding::Down).ok()?;
            Some(format!(
                "floor {}, ceiling {}",
                grouped(floor, currency, Rounding::Up),
                grouped(ceiling, currency, Rounding::Down)
            ))
        };
        let basis = Amount::from_micros(1_000 * Amount::SCALE);
        match self.floor.basis {
            Basis::Amount => {
                Some(format!("example: {}, whatever the item", at(Amount::from_micros(Amount::SCALE))?))
            }
            Basis::Cost => {
                let vat =
                    self.place.vat.iter().find(|vat| &*vat.class == "standard").or(self.place.vat.first())?;
                Some(format!(
                    "example: bought at 1 000 {currency} → {} (gross, VAT {})",
                    at(basis)?,
                    vat.rate.to_percent_text(7)
                ))
            }
            Basis::Attr(attr) => Some(format!(
                "example: {} of 1 000 {currency} → {}",
                context.schema.attr(attr).name,
                at(basis)?
            )),
        }
    }

    fn consequence(&self) -> String {
        let (weak, strong) = self.weak_first();
        let (name, class) = (&weak.of.info.label, weak.of.class);
        match (class.is_hard(), class == strong.of.class) {
            (true, _) if class == GuardClass::Safety && weak.of.may_yield => {
                format!("`{name}` says `if_impossible = \"yield\"`, so it has no effect here")
            }
            (true, true) => {
                format!("both are {}, where none gives way: every price here is refused", class.as_str())
            }
            (true, false) => {
                "a safety guard refuses rather than give way: every price here is refused".to_owned()
            }
            (false, true) => format!("within a class the floor holds, so `{name}` has no effect here"),
            (false, false) => format!(
                "by class order `{}` would always win, so `{name}` has no effect here",
                strong.of.class.as_str()
            ),
        }
    }

    /// The largest margin, in tenths of a percent, that the ceiling leaves room for.
    fn lower_margin(&self, context: &Context<'_>) -> Option<crate::rulebook::Fix> {
        let Bound::MinMargin { margin, .. } = self.floor.bound else {
            return None;
        };
        let kept = Fraction::ONE.sub(Fraction::of(*margin)).ok()?;
        // floor ÷ ceiling × (1 − margin) is what must be kept instead.
        let needed = self.floor.factor.div(self.ceiling.factor).ok()?.mul(kept).ok()?;
        let most = Fraction::ONE.sub(needed).ok()?.to_ratio(Rounding::Down).ok()?;
        let tenth = Ratio::SCALE / 1_000;
        let most = Ratio::from_nanos(most.nanos().div_euclid(tenth) * tenth);
        if most < Ratio::ZERO {
            return None;
        }
        let text = most.to_percent_text(1);
        let value = context.value("guard", &self.floor.of.info.label, "min_margin");
        let edits = value.map(|span| Edit { span, text: format!("\"{text}\"") });
        Some(maybe(format!("lower the margin to {text} or less"), edits.into_iter().collect()))
    }
}
