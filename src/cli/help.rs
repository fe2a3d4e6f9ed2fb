//! `pricer help [COMMAND | CODE | SETTING]`: what a command does, what a message or a setting means.

use crate::rulebook::codes;
use crate::rulebook::json_schema::reference;
use clap::CommandFactory as _;
use std::process::ExitCode;

/// Explains a command, a message by its code (`pricer help E0301`), or a setting (`pricer help min_margin`).
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A command such as `check`, a code such as `E0301`, or a setting such as `min_margin`
    pub topic: Option<String>,
}

/// Runs the command: 0, or 2 for a topic that does not exist.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match help(args.topic.as_deref()) {
        Ok(text) => super::output::to_stdout(|_, out| {
            out.write_all(text.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }),
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(2)
        }
    }
}

fn help(topic: Option<&str>) -> Result<String, String> {
    let mut cli = super::Cli::command();
    let Some(topic) = topic else {
        return Ok(cli.render_long_help().to_string());
    };
    if let Some(entry) = codes::find(topic) {
        return Ok(entry.text());
    }
    cli.build();
    if let Some(command) = cli.find_subcommand_mut(topic) {
        return Ok(command.render_long_help().to_string());
    }
    if let Some(text) = reference::explain(topic) {
        return Ok(text);
    }
    let digits = topic.get(1..).unwrap_or("");
    let is_code = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    Err(match is_code {
        true => format!("`{topic}` is no code; docs/reference/diagnostics.md lists all"),
        false => format!(
            "`{topic}` is neither a command, nor a code such as E0301, nor a setting; see pricer --help"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_codes_are_explained() {
        assert!(help(None).unwrap().contains("Commands:"));
        assert!(help(Some("check")).unwrap().contains("Usage: pricer check"));
        let text = help(Some("E0301")).unwrap();
        assert!(text.starts_with("error[E0301]: two rules set the price of the same items\n"), "{text}");
        assert!(text.contains("\nwrong:\n") && text.contains("\nright:\n") && text.contains("\nhelp: "));
        assert!(help(Some("E0999")).unwrap_err().contains("no code"));
        assert!(help(Some("min_margin")).unwrap().contains("guard.NAME.min_margin"));
        assert!(help(Some("chekc")).is_err());
    }
}
