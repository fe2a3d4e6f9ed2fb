//! `pricer quote`: asks a running `pricer serve`, so that nobody needs a third-party client.

mod many;
pub(super) mod print;

use super::dial::DialArgs;
use super::output::Format;
use crate::facts::{parse_duration, parse_instant, parse_money, parse_percent};
use crate::service::Clock;
use crate::service::client::{Dial, QuoteError};
use crate::service::convert::{write_instant, write_money};
use crate::service::proto::{
    ExplanationDetail, ItemFacts, Offer, QuotePriceRequest, VerifyQuoteRequest, quote_price_request::Item,
};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::runtime::Builder;

/// Asks a running service what items should cost.
///
/// One item is shown in full, several in a line each. Exit codes: 0 a price for all, 1 no price, 2 a request that is wrong
/// in itself or names what is unknown, 3 some of several have no price.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The items. With `--fact` or `--rival` the one item is described here, else the service must know them.
    #[arg(required_unless_present_any = ["batch", "verify"], value_name = "SKU")]
    pub skus: Vec<String>,
    /// A market of the rulebook, such as `DE`.
    #[arg(long, required_unless_present_any = ["batch", "verify"], default_value = "", hide_default_value = true)]
    pub market: String,
    /// A channel that sells in that market, such as `own`.
    #[arg(long, required_unless_present_any = ["batch", "verify"], default_value = "", hide_default_value = true)]
    pub channel: String,
    /// Items from a CSV file with a column `sku`; columns `market`, `channel` and `segment` win over the options. `-` is the
    /// standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["skus", "facts", "rivals", "verify"])]
    pub batch: Option<PathBuf>,
    /// Ask for a signed token that promises the price to checkout.
    #[arg(long)]
    pub token: bool,
    /// Show what a token promises, if it still holds; of `--market`, `--channel` and `--segment`, those given must be its own.
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["skus", "facts", "rivals", "token"])]
    pub verify: Option<String>,
    /// A customer segment of the rulebook.
    #[arg(long)]
    pub segment: Option<String>,
    /// A fact of the item, as in a feed's cell: `--fact cost="298.00 EUR"`. May be repeated.
    #[arg(long = "fact", value_name = "NAME=VALUE", value_parser = parse_fact)]
    pub facts: Vec<(String, String)>,
    /// A rival's offer: name, price, then match, age and `no-stock` if known: `--rival "alza 399.00 EUR 99% 6h"`.
    #[arg(long = "rival", value_name = "OFFER", value_parser = parse_rival)]
    pub rivals: Vec<Rival>,
    /// Price for this moment, such as `2026-11-18T10:00:00+01:00`, instead of now.
    #[arg(long, value_name = "INSTANT", value_parser = parse_instant, allow_hyphen_values = true)]
    pub at: Option<i64>,
    /// Answer only from this release.
    #[arg(long)]
    pub release: Option<String>,
    /// Show the way to the price.
    #[arg(long)]
    pub explain: bool,
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[command(flatten)]
    pub dial: DialArgs,
}

/// One `--rival`.
#[derive(Clone, Debug)]
pub struct Rival {
    offer: Offer,
    /// Seconds.
    age: Option<i64>,
}

/// Runs the command: 0 a price, 1 no price, 2 a request that is wrong in itself or names what is unknown.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let is_inline = !args.facts.is_empty() || !args.rivals.is_empty();
    if is_inline && args.skus.len() != 1 {
        eprintln!("error: `--fact` and `--rival` describe one item, and there are {}", args.skus.len());
        return ExitCode::from(2);
    }
    if let Some(name) = given_twice(&args.facts) {
        eprintln!("error: the fact `{name}` is given twice");
        return ExitCode::from(2);
    }
    let (dial, runtime) = match args.dial.ready(Builder::new_current_thread()) {
        Ok(ready) => ready,
        Err(code) => return code,
    };
    if let Some(token) = &args.verify {
        return runtime.block_on(check_token(args, &dial, token));
    }
    let [sku] = args.skus.as_slice() else {
        return runtime.block_on(many::run(args, &dial));
    };
    let answer = runtime.block_on(dial.ask(request(args, sku)));
    let (text, is_answer) = match (&answer, args.format) {
        (Ok(decision), Format::Human) => (print::text(decision), true),
        (Ok(decision), Format::Json) => (format!("{:#}\n", print::json(decision)), true),
        (Err(error), Format::Human) => (print::error_text(error), false),
        (Err(error), Format::Json) => (format!("{:#}\n", print::error_json(error)), true),
    };
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = match is_answer {
        true => std::io::stdout().write_all(text.as_bytes()),
        false => std::io::stderr().write_all(text.as_bytes()),
    };
    match answer {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) if error.is_usage() => ExitCode::from(2),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Shows what a token promises.
async fn check_token(args: &Args, dial: &Dial, token: &str) -> ExitCode {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let request = VerifyQuoteRequest {
        quote_token: token.to_owned(),
        sku: None,
        market: given(&args.market),
        channel: given(&args.channel),
        customer_segment: args.segment.clone(),
    };
    match (dial.verify(request).await, args.format) {
        (Ok(claims), Format::Human) => print!("{}", print::claims_text(&claims)),
        (Ok(claims), Format::Json) => println!("{:#}", print::claims_json(&claims)),
        (Err(error), format) => return fail(&error, format),
    }
    ExitCode::SUCCESS
}

/// Says why there is no answer at all.
pub(super) fn fail(error: &QuoteError, format: Format) -> ExitCode {
    match format {
        Format::Human => eprint!("{}", print::error_text(error)),
        Format::Json => println!("{:#}", print::error_json(error)),
    }
    if error.is_usage() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// The request that the arguments describe.
#[must_use]
pub fn request(args: &Args, sku: &str) -> QuotePriceRequest {
    let is_inline = !args.facts.is_empty() || !args.rivals.is_empty();
    let item = if is_inline {
        let now = args.at.unwrap_or_else(|| Clock { fixed: None }.now());
        let offers = args.rivals.iter().map(|rival| Offer {
            seen_at: rival.age.map(|age| write_instant(now.saturating_sub(age))),
            ..rival.offer.clone()
        });
        Item::ItemFacts(ItemFacts {
            sku: sku.to_owned(),
            attributes: args.facts.iter().cloned().collect(),
            offers: offers.collect(),
            ..ItemFacts::default()
        })
    } else {
        Item::Sku(sku.to_owned())
    };
    let detail = match args.explain {
        true => ExplanationDetail::Text,
        false => ExplanationDetail::None,
    };
    QuotePriceRequest {
        item: Some(item),
        market: args.market.clone(),
        channel: args.channel.clone(),
        customer_segment: args.segment.clone().unwrap_or_default(),
        quantity: None,
        at_time: args.at.map(write_instant),
        release: args.release.clone(),
        explanation_detail: detail.into(),
        want_quote_token: args.token,
    }
}

fn given_twice(facts: &[(String, String)]) -> Option<&str> {
    let mut names = std::collections::BTreeSet::new();
    facts.iter().map(|(name, _)| name.as_str()).find(|name| !names.insert(*name))
}

fn parse_fact(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a fact is written `name=value`, such as `cost=298.00 EUR`".to_owned()),
    }
}

fn parse_rival(text: &str) -> Result<Rival, String> {
    let mut words = text.split_whitespace();
    let (Some(name), Some(amount), Some(currency)) = (words.next(), words.next(), words.next()) else {
        return Err("an offer is written `name price currency`, such as `alza 399.00 EUR 99% 6h`".to_owned());
    };
    let price = parse_money(&format!("{amount} {currency}"))?;
    let mut rival = Rival {
        offer: Offer {
            rival: name.to_owned(),
            price: Some(write_money(price.amount, price.currency)),
            shipping: None,
            r#match: None,
            in_stock: Some(true),
            seen_at: None,
        },
        age: None,
    };
    for word in words {
        if word == "no-stock" {
            rival.offer.in_stock = Some(false);
        } else if word.ends_with('%') {
            rival.offer.r#match = Some(parse_percent(word)?.to_string());
        } else {
            rival.age = Some(parse_duration(word)?);
        }
    }
    Ok(rival)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_written_as_in_tests_of_rulebooks() {
        let rival = parse_rival("alza 399.00 EUR 99% 6h no-stock").unwrap();
        assert_eq!((rival.age, rival.offer.in_stock), (Some(21_600), Some(false)));
        assert_eq!(rival.offer.r#match.as_deref(), Some("0.99"));
        assert_eq!(rival.offer.price.unwrap().units, 399);
        assert!(parse_rival("alza 399.00").unwrap_err().contains("name price currency"));
        assert!(parse_rival("alza 399,00 EUR").unwrap_err().contains("decimal point"));
        assert!(parse_rival("alza 399.00 EUR soon").is_err());
        assert_eq!(parse_fact("tags=kvi|new"), Ok(("tags".to_owned(), "kvi|new".to_owned())));
        assert!(parse_fact("kvi").is_err());
    }
}
