//! The service that a command asks: where it is, and by whom it is trusted.

use crate::service::client::{Dial, QuoteError};
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};

/// How a running service is reached.
#[derive(Clone, Debug, clap::Args)]
pub struct DialArgs {
    /// Where the service listens.
    #[arg(long, default_value = "http://127.0.0.1:50051")]
    pub addr: String,
    /// Who signed the service's certificate, in PEM: for an address with `https`.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// A file with the bearer token. Tokens are not given on the command line, where others can see them.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl DialArgs {
    /// What to dial, and a runtime from `threads` to do so; what is wrong is printed, and the exit code comes back.
    pub(super) fn ready(&self, mut threads: Builder) -> Result<(Dial, Runtime), ExitCode> {
        let dial =
            Dial::from_files(&self.addr, self.ca.as_deref(), self.token_file.as_deref()).map_err(|why| {
                eprintln!("error: {why}");
                ExitCode::from(2)
            })?;
        let runtime = threads.enable_all().build().map_err(|error| {
            eprintln!("error: no runtime: {error}");
            ExitCode::FAILURE
        })?;
        Ok((dial, runtime))
    }
}

/// Why there is no answer, in a line.
pub(super) fn why(error: &QuoteError) -> String {
    match error {
        QuoteError::Unreachable { addr, why } => format!("{addr} cannot be reached: {why}"),
        QuoteError::Address { addr, why } => format!("{addr} is no address: {why}"),
        QuoteError::Status(status) => status.message().to_owned(),
    }
}
