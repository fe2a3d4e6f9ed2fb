//! One file a command.

pub mod bench_load;
pub mod check;
pub mod curve;
pub mod demo;
mod dial;
pub mod docs;
pub mod estimate;
mod evidence;
pub mod explain;
pub mod fit;
pub mod fmt;
pub mod generate;
pub mod help;
pub mod init;
mod item;
mod junit;
mod lock;
#[cfg(test)]
mod manual;
mod opened;
mod output;
mod properties;
pub mod quote;
pub mod reprice;
pub mod schema;
pub mod seasonality;
pub mod serve;
pub mod simulate;
pub mod test;
pub mod token;
mod update;
pub mod watch;
pub mod why;
mod write;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// An open dynamic pricing engine: what should an item cost, exactly, and why?
#[derive(Debug, Parser)]
#[command(name = "pricer", version, about, long_about = None, subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "Start with `pricer demo`. Exit codes: 0 done, 1 errors or failing tests, 2 wrong usage, \
                        3 some rows quarantined, 4 too many rows quarantined."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Check(check::CheckArgs),
    Test(test::TestArgs),
    Explain(explain::Args),
    Curve(curve::Args),
    Estimate(estimate::Args),
    Fit(fit::Args),
    Reprice(reprice::Reprice),
    Gen(generate::Args),
    Seasonality(seasonality::Args),
    Simulate(simulate::Args),
    Serve(serve::Args),
    Quote(quote::Args),
    Token(token::Args),
    BenchLoad(bench_load::Args),
    Watch(watch::Args),
    Help(help::Args),
    Why(why::Args),
    Init(init::Args),
    Fmt(fmt::Args),
    Docs(docs::Args),
    Schema(schema::Args),
}

/// Parses the arguments and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    run(&Cli::parse())
}

fn run(cli: &Cli) -> ExitCode {
    match &cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Check(args) => output::to_stdout(|colour, out| check::run(args, colour, out)),
        Command::Test(args) => output::to_stdout(|colour, out| test::run(args, colour, out)),
        Command::Explain(args) => explain::run(args),
        Command::Curve(args) => curve::run(args),
        Command::Estimate(args) => estimate::run(args),
        Command::Fit(args) => fit::run(args),
        Command::Reprice(args) => args.run(),
        Command::Gen(args) => generate::run(args),
        Command::Seasonality(args) => seasonality::run(args),
        Command::Simulate(args) => simulate::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Quote(args) => quote::run(args),
        Command::Token(args) => token::run(args),
        Command::BenchLoad(args) => bench_load::run(args),
        Command::Watch(args) => watch::run(args),
        Command::Help(args) => help::run(args),
        Command::Why(args) => why::run(args),
        Command::Init(args) => init::run(args),
        Command::Docs(args) => docs::run(args),
        Command::Fmt(args) => output::to_stdout(|_, out| fmt::run(args, out)),
        Command::Schema(args) => output::to_stdout(|_, out| schema::run(args, out)),
    }
}
