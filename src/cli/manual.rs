//! `docs/reference/commands.md`: every command as `pricer help COMMAND` shows it, compared with what it says today.

use clap::CommandFactory as _;
use std::path::Path;

/// How each is used: one line that works.
const USES: &[(&str, &str)] = &[
    ("demo", "pricer demo --exit"),
    ("check", "pricer check shop --catalog items.csv --offers offers.csv --deny W0407"),
    ("test", "pricer test shop --catalog items.csv --format junit > tests.xml"),
    (
        "explain",
        "pricer explain TEL-A55 --rulebook shop --items items.csv --market DE --channel own --why-not phones",
    ),
    ("estimate", "pricer estimate sales.csv --formula \"log(units) ~ log(price) | sku + week\""),
    (
        "reprice",
        "pricer reprice --rulebook shop --items items.parquet --offers offers.csv --out prices.parquet",
    ),
    ("gen", "pricer gen items --rulebook shop --rows 1000000 --out items.parquet --seed 7"),
    ("simulate", "pricer simulate --world constant --seeds 2 --svg captured.svg"),
    ("serve", "pricer serve --rulebook shop --items items.csv"),
    ("quote", "pricer quote TEL-A55 --market DE --channel own"),
    ("help", "pricer help E0301"),
    ("why", "pricer why kvi-follow premium-audio --rulebook shop"),
    ("init", "pricer init shop --from items.csv"),
    ("fmt", "pricer fmt shop --check"),
    ("docs", "pricer docs shop --out price-book.html"),
    ("schema", "pricer schema --out .schemas"),
];

fn page() -> String {
    let mut cli = super::Cli::command();
    cli.build();
    let mut page = "# Every command\n\nGenerated from what `pricer help COMMAND` says. Exit codes: 0 done, 1 errors or failing tests, 2 wrong usage, 3 some \
                    rows quarantined,\n4 too many.\n"
        .to_owned();
    let names: Vec<String> = cli.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        let Some(command) = cli.find_subcommand_mut(&name) else { continue };
        let text = command.render_long_help().to_string();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        page.push_str(&format!("\n## `pricer {name}`\n\n"));
        if let Some((_, example)) = USES.iter().find(|(known, _)| *known == name) {
            page.push_str(&format!("```sh\n{example}\n```\n\n"));
        }
        page.push_str(&format!("```text\n{}\n```\n", lines.join("\n").trim_end()));
    }
    page
}

#[test]
fn the_manual_is_generated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/commands.md");
    if std::env::var_os("PRICER_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == page(), "{}: PRICER_BLESS=1 rewrites it", path.display());
}

/// An example that cannot be parsed teaches a mistake.
#[test]
fn every_example_can_be_parsed() {
    for (name, example) in USES {
        let line = example.split(" > ").next().unwrap_or(example);
        let mut words: Vec<String> = Vec::new();
        let (mut word, mut quoted) = (String::new(), false);
        for letter in line.chars() {
            match letter {
                '"' => quoted = !quoted,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                letter => word.push(letter),
            }
        }
        words.push(word);
        if let Err(error) = super::Cli::command().try_get_matches_from(&words) {
            panic!("{name}: {error}");
        }
    }
}
