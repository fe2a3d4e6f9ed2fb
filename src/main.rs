//! The command line: see `pricer --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pricer::cli::main()
}
