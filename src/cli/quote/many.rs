//! Several quotes, a line each.

use super::super::output::Format;
use super::{Args, fail, print, request};
use crate::service::client::Dial;
use crate::service::proto::quote_result::Outcome;
use crate::service::proto::{QuotePriceRequest, quote_price_request::Item};
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// Asks for all of them in one stream.
pub async fn run(args: &Args, dial: &Dial) -> ExitCode {
    let requests = match &args.batch {
        Some(path) => match read(path, args) {
            Ok(requests) => requests,
            Err(why) => {
                eprintln!("error: {}: {why}", path.display());
                return ExitCode::from(2);
            }
        },
        None => args.skus.iter().map(|sku| request(args, sku)).collect(),
    };
    let mut asked = requests.clone().into_iter();
    let (mut out, mut failed) = (std::io::stdout().lock(), 0_usize);
    let answered = dial.ask_all(requests, |result| {
        let Some(asked) = asked.next() else { return };
        failed += usize::from(!matches!(result.outcome, Some(Outcome::Decision(_))));
        // A reader that has seen enough, such as `head`, is no failure.
        let _ = match args.format {
            Format::Human => writeln!(out, "{}", print::result_line(&asked, &result)),
            Format::Json => writeln!(out, "{}", print::result_json(&asked, &result)),
        };
    });
    match answered.await {
        Ok(()) if failed == 0 => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(3),
        Err(error) => fail(&error, args.format),
    }
}

/// The requests of a CSV file.
fn read(path: &Path, args: &Args) -> Result<Vec<QuotePriceRequest>, String> {
    let text: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(path).map_err(|error| error.to_string())?),
    };
    let mut reader = csv::Reader::from_reader(text);
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let sku = column("sku").ok_or("the first line names no column `sku`")?;
    let [market, channel, segment] = ["market", "channel", "segment"].map(column);
    let mut requests = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let cell = |at: Option<usize>, default: &str| {
            let cell = at.and_then(|at| row.get(at)).filter(|cell| !cell.is_empty());
            cell.unwrap_or(default).to_owned()
        };
        requests.push(QuotePriceRequest {
            item: Some(Item::Sku(cell(Some(sku), ""))),
            market: cell(market, &args.market),
            channel: cell(channel, &args.channel),
            customer_segment: cell(segment, args.segment.as_deref().unwrap_or_default()),
            ..request(args, "")
        });
    }
    Ok(requests)
}
