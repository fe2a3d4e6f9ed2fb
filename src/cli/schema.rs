//! `pricer schema`: JSON Schemas of the rule files, for editors.

use crate::rulebook::json_schema::{SchemaOf, json_schema};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// JSON Schemas (draft 2020-12) of the rule files: an editor completes keys, shows what they mean and marks unknown ones.
///
/// With a kind the schema is printed. With `--out DIR` all four are written there, with a `tombi.toml` that tells the
/// editor extension Tombi which file is of which kind; Even Better TOML takes the same files through a first line
/// `#:schema DIR/rules.json` in each rule file.
///
/// A schema knows keys, words and units. What needs the whole rulebook (names, overlaps, floors above ceilings) is
/// `pricer check`'s.
#[derive(Clone, Debug, clap::Args)]
#[command(arg_required_else_help = true)]
#[command(after_help = "Examples:
  pricer schema rules > rules.json
  pricer schema --out models/orda/.schemas")]
pub struct Args {
    /// The kind of file: rulebook.toml, schema.toml, rules/*.toml or tests/*.toml.
    #[arg(value_enum)]
    pub kind: Option<Which>,
    /// Write all four schemas and a Tombi configuration into this folder; existing files are replaced.
    #[arg(long, value_name = "DIR", conflicts_with = "kind")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    Rulebook,
    Schema,
    Rules,
    Tests,
}

/// Runs the command: 0, or 1 when a file cannot be written.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(args: &Args, out: &mut dyn Write) -> io::Result<ExitCode> {
    if let Some(kind) = args.kind {
        let of = match kind {
            Which::Rulebook => SchemaOf::Rulebook,
            Which::Schema => SchemaOf::Vocabulary,
            Which::Rules => SchemaOf::Rules,
            Which::Tests => SchemaOf::Tests,
        };
        writeln!(out, "{:#}", json_schema(of))?;
    }
    let Some(folder) = &args.out else {
        return Ok(ExitCode::SUCCESS);
    };
    match write_all(folder) {
        Ok(()) => writeln!(out, "Written to {}: 4 schemas and tombi.toml", folder.display())?,
        Err(error) => {
            eprintln!("error: `{}` cannot be written: {error}", folder.display());
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write_all(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut tombi = String::from(
        "# Put this beside rulebook.toml, or start the editor with it.\ntoml-version = \"v1.0.0\"\n",
    );
    for of in SchemaOf::ALL {
        let file = format!("{}.json", of.name());
        std::fs::write(folder.join(&file), format!("{:#}\n", json_schema(of)))?;
        let path = folder.join(&file).display().to_string();
        tombi.push_str(&format!("\n[[schemas]]\npath    = {path:?}\ninclude = [{:?}]\n", of.files()));
    }
    std::fs::write(folder.join("tombi.toml"), tombi)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_are_written_and_printed() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args { kind: None, out: Some(folder.path().join("schemas")) };
        run(&args, &mut Vec::new()).unwrap();
        for of in SchemaOf::ALL {
            let text =
                std::fs::read_to_string(folder.path().join(format!("schemas/{}.json", of.name()))).unwrap();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), json_schema(of));
        }
        let tombi = std::fs::read_to_string(folder.path().join("schemas/tombi.toml")).unwrap();
        assert!(toml::from_str::<toml::Table>(&tombi).unwrap()["schemas"].as_array().unwrap().len() == 4);
        let mut out = Vec::new();
        run(&Args { kind: Some(Which::Rules), out: None }, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("\"cost-plus\""));
    }
}
