//! `[channel.NAME]`: where we sell and what it takes.

use super::Context;
use super::scope::{AttrCell, read_cell};
use crate::facts::{AttrId, builtin};
use crate::money::{Currency, Money, Ratio};
use crate::rulebook::syntax::{
    Amounts, Fields, Keyed, Mistake, Node, Sign, Table, choice, money, percent, pieces, push_mistake, text,
    unknown_name, wrong_type,
};
use crate::rulebook::{Diagnostic, Span};

#[derive(Clone, Debug)]
pub struct ChannelSpec {
    pub name: Box<str>,
    pub commission: Ratio,
    /// Sum of the other percent costs.
    pub shares: Ratio,
    pub per_unit: Vec<CostSpec>,
    pub per_order: Vec<CostSpec>,
    pub basket: Option<Amounts>,
    pub pass_on: Ratio,
    pub cost_from: AttrId,
    pub returns: Option<ReturnsSpec>,
    /// The markets it sells in; none: all.
    pub only: Option<AttrCell>,
}

/// A money cost, in one or more currencies.
#[derive(Clone, Debug)]
pub struct CostSpec {
    pub name: Box<str>,
    pub amounts: Vec<Money>,
}

#[derive(Clone, Debug)]
pub struct ReturnsSpec {
    pub rate: Ratio,
    pub reverse: CostSpec,
    pub salvage: Ratio,
}

impl CostSpec {
    /// The amount in the market's currency, else the first, which is converted.
    pub fn choose(&self, currency: Currency) -> Option<Money> {
        let own = self.amounts.iter().find(|money| money.currency == currency);
        own.or_else(|| self.amounts.first()).copied()
    }
}

/// All channels in the order of the file, each with what it inherits by `like`.
pub fn read_channels(table: &Table, cx: &mut Context<'_>) -> Vec<ChannelSpec> {
    let mut channels = Vec::new();
    for (name, entry) in table.in_order() {
        cx.out.about(format!("channel `{name}`"));
        if let Some(whole) = inherited(table, name, entry, &mut Vec::new(), cx) {
            channels.extend(read_channel(name, entry, &whole, cx));
        }
    }
    cx.out.about(None);
    channels
}

/// The channel's table on top of those it is `like`.
fn inherited(
    all: &Table,
    name: &str,
    entry: &Keyed,
    chain: &mut Vec<Box<str>>,
    cx: &mut Context<'_>,
) -> Option<Table> {
    let Some(own) = entry.node.as_table() else {
        wrong_type(&entry.node, "a table { … }", &mut cx.out);
        return None;
    };
    let Some(node) = own.get("like") else {
        return Some(own.clone());
    };
    let parent = text(node, &mut cx.out)?;
    chain.push(name.into());
    if chain.iter().any(|known| **known == *parent) {
        cx.out.push(Diagnostic::error(
            "E0303",
            format!("channel `{name}` is like itself"),
            node.span.clone(),
            "`like` may not run in a circle",
        ));
        return None;
    }
    let Some(above) = all.entry(parent) else {
        let finding = unknown_name(
            "E0213",
            "channel",
            parent,
            node.part(0..parent.len()),
            all.keys().collect::<Vec<_>>(),
        );
        cx.out.push(finding);
        return None;
    };
    Some(inherited(all, parent, above, chain, cx)?.merged(own))
}

fn read_channel(name: &str, entry: &Keyed, whole: &Table, cx: &mut Context<'_>) -> Option<ChannelSpec> {
    let mut fields = Fields::new(whole, entry.node.span.clone(), format!("channel `{name}`"));
    let mut channel = ChannelSpec {
        name: name.into(),
        commission: Ratio::ZERO,
        shares: Ratio::ZERO,
        per_unit: Vec::new(),
        per_order: Vec::new(),
        basket: None,
        pass_on: Ratio::ZERO,
        cost_from: builtin::COST,
        returns: None,
        only: None,
    };
    let _ = fields.optional("like");
    if let Some(node) = fields.optional("costs") {
        read_costs(node, &mut channel, cx);
    }
    if let Some(node) = fields.optional("basket") {
        channel.basket = money(node, &mut cx.out);
        if channel
            .basket
            .as_ref()
            .is_some_and(|amounts| amounts.all.iter().any(|(amount, _)| amount.micros() <= 0))
        {
            crate::rulebook::syntax::out_of_range(
                node.span.clone(),
                "basket",
                "an amount above zero",
                &mut cx.out,
            );
        }
    }
    if let Some((key, node)) = fields.entry("only") {
        channel.only = read_only(node, key, cx);
    }
    let share =
        |node: &Node, meaning: &str, cx: &mut Context<'_>| share(node, meaning, cx).unwrap_or(Ratio::ZERO);
    if let Some(node) = fields.optional("pass_on") {
        channel.pass_on = share(node, "the percent of the commission that cost-plus prices carry", cx);
    }
    if let Some(node) = fields.optional("cost_from") {
        let words = [("supplier", builtin::SUPPLIER_COST), ("own", builtin::COST)];
        channel.cost_from = choice(node, &words, &mut cx.out).unwrap_or(builtin::COST);
    }
    if let Some((key, node)) = fields.entry("returns") {
        channel.returns = read_returns(node, key, cx);
    }
    fields.finish(&mut cx.out);
    Some(channel)
}

fn read_only(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<AttrCell> {
    let mut fields = Fields::of(node, key, "`only`", &mut cx.out)?;
    let market = fields.required("market");
    let cell = market.and_then(|node| read_cell(builtin::MARKET, node, cx));
    fields.finish(&mut cx.out);
    cell
}

fn read_costs(node: &Node, channel: &mut ChannelSpec, cx: &mut Context<'_>) {
    let Some(table) = node.as_table() else {
        wrong_type(node, "a table { name = \"…%\" or \"… EUR\" }", &mut cx.out);
        return;
    };
    for (name, entry) in table.in_order() {
        let node = &entry.node;
        let is_share = match &node.value {
            crate::rulebook::syntax::Value::Text(text) => text.trim_end().ends_with('%'),
            _ => false,
        };
        if is_share || name == "commission" {
            let meaning = "a percent cost is a share of the gross price";
            let Some(share) = share(node, meaning, cx) else {
                continue;
            };
            let sum = if name == "commission" { &mut channel.commission } else { &mut channel.shares };
            *sum = sum.add(share).unwrap_or(*sum);
            continue;
        }
        if let Some((per_unit, cost)) = read_cost(name, node, cx) {
            if per_unit {
                channel.per_unit.push(cost);
            } else {
                channel.per_order.push(cost);
            }
        }
    }
}

/// `1.90 EUR` is per order, `0.05 EUR/unit` per unit; `|` between currencies.
fn read_cost(name: &str, node: &Node, cx: &mut Context<'_>) -> Option<(bool, CostSpec)> {
    let written = match &node.value {
        crate::rulebook::syntax::Value::Number(number) => number,
        _ => text(node, &mut cx.out)?,
    };
    let mut units = Vec::new();
    let mut amounts = Vec::new();
    for (piece, range) in pieces(written) {
        let (amount, per_unit) = match piece.strip_suffix("/unit") {
            Some(amount) => (amount, true),
            None => (piece, false),
        };
        let end = range.start + amount.len();
        match crate::rulebook::syntax::parse_quantity(amount, crate::facts::Kind::Money) {
            Ok(quantity) => {
                units.push(per_unit);
                if quantity.value < 0 {
                    crate::rulebook::syntax::out_of_range(
                        node.part(range),
                        piece,
                        "a cost of zero or more",
                        &mut cx.out,
                    );
                    return None;
                }
                amounts.extend(
                    quantity.currency.map(|currency| {
                        Money::new(crate::money::Amount::from_micros(quantity.value), currency)
                    }),
                );
            }
            Err(mistake) => {
                let mistake = Mistake { range: range.start..end, ..mistake };
                let meaning = "a cost is a percent (`1.4%`), money per order (`1.90 EUR`) or money per unit (`0.05 EUR/unit`)";
                push_mistake(node, mistake, meaning, &mut cx.out);
                return None;
            }
        }
    }
    if units.windows(2).any(|pair| pair.first() != pair.last()) {
        cx.out.push(Diagnostic::error(
            "E0403",
            format!("`{written}` is partly per unit and partly per order"),
            node.span.clone(),
            "write `/unit` after each amount or after none",
        ));
        return None;
    }
    let per_unit = units.first().copied().unwrap_or(false);
    let cost = CostSpec { name: name.into(), amounts };
    Some((per_unit, cost))
}

fn read_returns(node: &Node, key: &Span, cx: &mut Context<'_>) -> Option<ReturnsSpec> {
    let mut fields = Fields::of(node, key, "`returns`", &mut cx.out)?;
    let rate =
        fields.required("rate").and_then(|node| share(node, "the percent of units that come back", cx));
    let reverse = fields.required("reverse").and_then(|node| read_cost("reverse", node, cx));
    let salvage = fields
        .required("salvage")
        .and_then(|node| share(node, "the percent of the landed cost that a returned unit is worth", cx));
    fields.finish(&mut cx.out);
    Some(ReturnsSpec { rate: rate?, reverse: reverse?.1, salvage: salvage? })
}

/// A percent from 0 to 100.
fn share(node: &Node, meaning: &str, cx: &mut Context<'_>) -> Option<Ratio> {
    let share = percent(node, Sign::None, meaning, &mut cx.out)?;
    if Ratio::ONE < share {
        let given = share.to_percent_text(7);
        crate::rulebook::syntax::out_of_range(node.span.clone(), &given, "0% to 100%", &mut cx.out);
        return None;
    }
    Some(share)
}
