//! The facts of a test: item, rivals' offers, exchange rates.

use crate::facts::{
    Applied, History, Item, ItemReader, Names, Offer, PriceKind, RateRow, Rates, keep_newest, parse_duration,
    parse_money, parse_percent,
};
use crate::money::{Amount, Currency, Price, Ratio};
use crate::pricing::{Place, Release, Twins};
use crate::rulebook::{Diagnostic, RuleTest, Span};

/// Everything that the pipeline needs for one test.
pub(super) struct Given<'a> {
    pub place: &'a Place,
    pub item: Item,
    pub offers: Vec<Offer>,
    pub names: Names,
    pub rates: Rates,
    pub history: History,
    pub twins: Twins,
    /// When the competitors feed was last alive, for an inline item: its newest offer.
    pub known_at: Option<i64>,
}

/// # Errors
/// Everything that cannot be read.
pub(super) fn read<'a>(
    release: &'a Release,
    test: &RuleTest,
    rates: &Rates,
) -> Result<Given<'a>, Vec<Diagnostic>> {
    let mut bad = Vec::new();
    let place = release.place(&test.market, &test.channel);
    if place.is_none() {
        let title = format!("channel `{}` does not sell in market `{}`", test.channel, test.market);
        bad.push(cannot_run(test, title).note(places(release)));
    }
    let known = |name: &str| release.segments.iter().any(|segment| &*segment.name == name);
    if let Some(segment) = test.segment.as_deref().filter(|name| !known(name)) {
        bad.push(cannot_run(test, format!("there is no segment `{segment}`")));
    }
    let item = item(release, test).map_err(|list| bad.extend(list)).ok();
    let mut names = Names::new(&release.rivals);
    let mut offers = Vec::new();
    for (text, span) in &test.rivals {
        match offer(text, test.at, &mut names) {
            Ok(offer) => keep_newest(&mut offers, offer),
            Err(why) => bad.push(unreadable(span, &why)),
        }
    }
    let (mut history, mut twins) = (History::default(), Twins::default());
    for (text, span) in &test.history {
        match applied(text, test.at) {
            Ok(row) => history.add(sku(test), "", "", row),
            Err(why) => bad.push(unreadable(span, &why)),
        }
    }
    for (text, span) in &test.twins {
        match twin(text) {
            Ok((sku, price)) => twins.put(sku, Some(price)),
            Err(why) => bad.push(unreadable(span, &why)),
        }
    }
    let mut own = Vec::new();
    for (text, span) in &test.fx {
        match rate(text, test.at) {
            Ok(row) => own.push(row),
            Err(why) => bad.push(unreadable(span, &why)),
        }
    }
    match (place, item) {
        (Some(place), Some(item)) if bad.is_empty() => Ok(Given {
            place,
            item,
            known_at: offers.iter().filter_map(|offer| offer.seen_at).filter(|seen| *seen <= test.at).max(),
            offers,
            names,
            history,
            twins,
            rates: merged(rates, own),
        }),
        _ => Err(bad),
    }
}

fn item(release: &Release, test: &RuleTest) -> Result<Item, Vec<Diagnostic>> {
    let schema = &release.schema;
    let instants = ["inbound_at", "shelf_life_until", "on_sale_since"];
    let is_fact = |name: &str| {
        let attr = schema.find(name).map(|id| schema.attr(id));
        attr.is_some_and(|attr| attr.derive.is_none() && !attr.customer) || instants.contains(&name)
    };
    let mut bad: Vec<Diagnostic> = test
        .item
        .iter()
        .filter(|(name, _)| !is_fact(name))
        .map(|(name, _)| cannot_run(test, format!("`{name}` is not a fact of an item in `schema.toml`")))
        .collect();
    let headers = test.item.iter().map(|(name, _)| &**name);
    let as_it_is = |name: &str| Some(name.to_owned());
    let reader = ItemReader::new(schema, headers, as_it_is, release.items_feed.currency);
    let row = match reader {
        Ok(reader) => reader.read(test.item.iter().map(|(_, text)| &**text)).map_err(|fields| {
            let said = |field: &crate::facts::BadField| match field.value.is_empty() {
                true => format!("`{}` {}", field.field, field.message),
                false => format!("`{}`: {}", field.field, field.message),
            };
            fields.iter().map(said).collect::<Vec<_>>()
        }),
        Err(absent) => Err(absent
            .iter()
            .map(|name| format!("the item has no `{name}`, which `schema.toml` asks for"))
            .collect()),
    };
    match row {
        Ok(row) if bad.is_empty() => Ok(row.item),
        Ok(_) => Err(bad),
        Err(titles) => {
            bad.extend(titles.into_iter().map(|title| cannot_run(test, title)));
            Err(bad)
        }
    }
}

/// `alza 399.00 EUR 99% 6h`: in stock and with free shipping, so that the price is on the basis that `use` asks for.
fn offer(text: &str, at: i64, names: &mut Names) -> Result<Offer, String> {
    let wrong =
        || format!("`{text}` is not `name price currency match age`, such as `alza 399.00 EUR 99% 6h`");
    let mut words = text.rsplitn(5, ' ');
    let mut next = || words.next().filter(|word| !word.is_empty()).ok_or_else(wrong);
    let (age, quality, currency, amount, name) = (next()?, next()?, next()?, next()?, next()?);
    let price = parse_money(&format!("{amount} {currency}"))?;
    if price.amount <= Amount::ZERO {
        return Err(format!("`{amount} {currency}` is not above zero"));
    }
    let match_quality = parse_percent(quality)?;
    if !(Ratio::ZERO..=Ratio::ONE).contains(&match_quality) {
        return Err(format!("`{quality}` is not between 0% and 100%"));
    }
    Ok(Offer {
        rival: names.id(name),
        price,
        shipping: Some(Amount::ZERO),
        match_quality: Some(match_quality),
        in_stock: Some(true),
        seen_at: Some(at.saturating_sub(parse_duration(age)?)),
    })
}

fn sku(test: &RuleTest) -> &str {
    test.item.iter().find(|(name, _)| &**name == "sku").map_or("", |(_, text)| text)
}

/// `349.00 EUR clearance 5d 1d announced`: in force since five days ago, until yesterday.
fn applied(text: &str, at: i64) -> Result<Applied, String> {
    let wrong = || {
        format!(
            "`{text}` is not `price currency kind age`, such as `399.00 EUR regular 60d`, perhaps with a second age and `announced`"
        )
    };
    let (rest, announced) = match text.strip_suffix(" announced") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let words: Vec<&str> = rest.split(' ').collect();
    let (amount, currency, kind, from, to) = match words.as_slice() {
        [amount, currency, kind, from] => (amount, currency, kind, from, None),
        [amount, currency, kind, from, to] => (amount, currency, kind, from, Some(to)),
        _ => return Err(wrong()),
    };
    let price = parse_money(&format!("{amount} {currency}"))?;
    if price.amount <= Amount::ZERO {
        return Err(format!("`{amount} {currency}` is not above zero"));
    }
    let kind = PriceKind::from_text(kind)
        .ok_or_else(|| format!("`{kind}` is not one of regular, promo, clearance"))?;
    let ago = |text: &str| parse_duration(text).map(|age| at.saturating_sub(age));
    let (from, to) = (ago(from)?, to.map(|to| ago(to)).transpose()?.unwrap_or(i64::MAX));
    if to <= from {
        return Err(format!("`{text}` ends before it begins"));
    }
    Ok(Applied { price, kind, from, to, announced })
}

/// `NB-PASTA-500 1.49 EUR`.
fn twin(text: &str) -> Result<(&str, Price), String> {
    let wrong = || format!("`{text}` is not `sku price currency`, such as `NB-PASTA-500 1.49 EUR`");
    let mut words = text.rsplitn(3, ' ');
    let mut next = || words.next().filter(|word| !word.is_empty()).ok_or_else(wrong);
    let (currency, amount, sku) = (next()?, next()?, next()?);
    let money = parse_money(&format!("{amount} {currency}"))?;
    let price = Price::from_money(money).ok_or_else(|| format!("`{money}` cannot be paid"))?;
    Ok((sku, price))
}

/// `598.20 KZT/EUR`: one EUR is 598.20 KZT.
fn rate(text: &str, at: i64) -> Result<RateRow, String> {
    let wrong = || format!("`{text}` is not a rate such as `598.20 KZT/EUR` (one EUR is 598.20 KZT)");
    let (number, pair) = text.split_once(' ').ok_or_else(wrong)?;
    let (quote, base) = pair.split_once('/').ok_or_else(wrong)?;
    let currency = |code: &str| {
        Currency::from_code(code).ok_or_else(|| format!("`{code}` is not an ISO 4217 currency code"))
    };
    let rate = Ratio::parse(number).map_err(|error| format!("`{number}` is {error}"))?;
    if rate <= Ratio::ZERO {
        return Err(format!("`{number}` is not above zero"));
    }
    Ok(RateRow { base: currency(base)?, quote: currency(quote)?, rate, as_of: at })
}

/// The default rates, without those of the pairs that the test gives.
fn merged(rates: &Rates, own: Vec<RateRow>) -> Rates {
    let given = |row: &&RateRow| {
        own.iter().any(|mine| {
            (mine.base, mine.quote) == (row.base, row.quote)
                || (mine.quote, mine.base) == (row.base, row.quote)
        })
    };
    let others: Vec<RateRow> = rates.rows().filter(|row| !given(row)).copied().collect();
    Rates::new(others.into_iter().chain(own))
}

fn places(release: &Release) -> String {
    let names = release.places.iter().map(|place| format!("{}/{}", place.market, place.channel));
    format!("places are {}", names.collect::<Vec<_>>().join(", "))
}

fn cannot_run(test: &RuleTest, title: String) -> Diagnostic {
    Diagnostic::error("E0802", title, test.header.clone(), "this test cannot run")
}

fn unreadable(span: &Span, why: &str) -> Diagnostic {
    Diagnostic::error("E0803", why, span.clone(), "")
}
