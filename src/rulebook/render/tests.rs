//! How findings look.

use super::*;
use crate::rulebook::{Applicability, Diagnostic, Edit, Files, Span};

const STRATEGY: &str = "\
[rule.kvi-follow]
where = { tags = \"kvi\" }
price = { follow = { set = \"national\", rnak = \"lowest\", by = \"-1%\" } }



[rule.premium-audio]
where = { category = \"electronics/audio/**\", brand = \"Bose | Sennheiser\" }
";

fn files(path: &str, text: &str) -> Files {
    Files([(path.into(), text.into())].into())
}

fn span(path: &str, text: &str, part: &str) -> Span {
    let start = text.find(part).unwrap();
    Span { file: path.into(), start, end: start + part.len() }
}

fn strategy(part: &str) -> Span {
    span("rules/strategy.toml", STRATEGY, part)
}

fn bad_key() -> Diagnostic {
    Diagnostic::error("E0201", "`rnak` is not a setting of `follow`", strategy("rnak"), "unknown setting")
        .related(strategy("follow = {").cut(6), "`follow` takes: set (required), rank (required), by")
        .note("effect: rule `kvi-follow` is not loaded, so nothing in this rulebook can be published")
        .fix(
            Applicability::Safe,
            "did you mean `rank`?",
            vec![Edit { span: strategy("rnak"), text: "rank".to_owned() }],
        )
}

impl Span {
    fn cut(mut self, length: usize) -> Self {
        self.end = self.start + length;
        self
    }
}

#[test]
fn a_bad_key() {
    let text = human(&files("rules/strategy.toml", STRATEGY), &[bad_key()], Colour::Plain);
    insta::assert_snapshot!(text, @r###"
    error[E0201]: `rnak` is not a setting of `follow`
     --> rules/strategy.toml:3:40
      |
    3 | price = { follow = { set = "national", rnak = "lowest", by = "-1%" } }
      |           ------                       ^^^^ unknown setting
      |           |
      |           `follow` takes: set (required), rank (required), by
      = effect: rule `kvi-follow` is not loaded, so nothing in this rulebook can be published
    help: did you mean `rank`?                                        [safe: pricer check --fix]
      |
    3 | price = { follow = { set = "national", rank = "lowest", by = "-1%" } }
      |                                        ~~~~
    "###);
}

#[test]
fn two_rules_for_the_same_items() {
    let conflict = Diagnostic::error(
        "E0301",
        "two rules of layer `position` set the price of the same items",
        strategy("where = { category = \"electronics/audio/**\", brand = \"Bose | Sennheiser\" }"),
        "rule `premium-audio` (dana.s)",
    )
    .related(strategy("where = { tags = \"kvi\" }"), "rule `kvi-follow` (anna.k)")
    .note("overlap: category electronics/audio/**  and  brand Bose | Sennheiser  and  tags has kvi")
    .note("in catalog 2026-11-18 this is 3 items, e.g. AUD-0031 in DE:\n  kvi-follow     153.45 EUR\n  premium-audio  171.72 EUR")
    .fix(Applicability::Maybe, "add  tags = \"!kvi\"  to premium-audio.where", vec![Edit {
        span: strategy("here"), text: String::new()
    }])
    .fix(Applicability::Maybe, "add  over = [\"kvi-follow\"]  to premium-audio", vec![Edit {
        span: strategy("here"), text: String::new()
    }]);
    let text = human(&files("rules/strategy.toml", STRATEGY), &[conflict], Colour::Plain);
    insta::assert_snapshot!(text, @r###"
    error[E0301]: two rules of layer `position` set the price of the same items
     --> rules/strategy.toml:8:1
      |
    2 | where = { tags = "kvi" }
      | ------------------------ rule `kvi-follow` (anna.k)
    ...
    8 | where = { category = "electronics/audio/**", brand = "Bose | Sennheiser" }
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ rule `premium-audio` (dana.s)
      = overlap: category electronics/audio/**  and  brand Bose | Sennheiser  and  tags has kvi
      = in catalog 2026-11-18 this is 3 items, e.g. AUD-0031 in DE:
          kvi-follow     153.45 EUR
          premium-audio  171.72 EUR
    help: choose one:
       1  add  tags = "!kvi"  to premium-audio.where                  [maybe]
       2  add  over = ["kvi-follow"]  to premium-audio                [maybe]
    "###);
}

#[test]
fn a_new_line_a_missing_file_and_other_files() {
    let over = strategy("where = { category");
    let insert =
        Edit { span: Span { end: over.start, ..over }, text: "over = [\"kvi-follow\"]\n".to_owned() };
    let mut both = files("rules/strategy.toml", STRATEGY);
    both.0.insert("tables/plan.csv".into(), "sku,set price.fixed\nA,1 EUR\n".into());
    let row = span("tables/plan.csv", "sku,set price.fixed\nA,1 EUR\n", "A,1 EUR");
    let found = [
        Diagnostic::warning("W0310", "rule `x` can never set a price", strategy("[rule.premium-audio]"), "")
            .related(row, "this row")
            .fix(Applicability::Maybe, "say who wins", vec![insert]),
        Diagnostic::error(
            "E0001",
            "`rulebook.toml` is not here",
            Span { file: "rulebook.toml".into(), start: 0, end: 0 },
            "",
        ),
    ];
    insta::assert_snapshot!(human(&both, &found, Colour::Plain), @r###"
    warning[W0310]: rule `x` can never set a price
     --> rules/strategy.toml:7:1
      |
    7 | [rule.premium-audio]
      | ^^^^^^^^^^^^^^^^^^^^
     ::: tables/plan.csv:2:1
      |
    2 | A,1 EUR
      | ------- this row
    help: say who wins                                                [maybe]
      |
    8 + over = ["kvi-follow"]

    error[E0001]: `rulebook.toml` is not here
     --> rulebook.toml
    "###);
}

#[test]
fn tabs_wide_letters_and_long_lines_keep_their_markers() {
    let text = format!("\tname = \"電話\", bad = 20, long = \"{}\", last = 7\n", "x".repeat(200));
    let at = |part: &str| span("a.toml", &text, part);
    let found = [
        Diagnostic::error("E0401", "20 has no unit", at("20"), "a margin is a percent"),
        Diagnostic::error("E0401", "7 has no unit", at("7"), "here"),
    ];
    insta::assert_snapshot!(human(&files("a.toml", &text), &found, Colour::Plain), @r###"
    error[E0401]: 20 has no unit
     --> a.toml:1:21
      |
    1 |     name = "電話", bad = 20, long = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
      |                          ^^ a margin is a percent

    error[E0401]: 7 has no unit
     --> a.toml:1:243
      |
    1 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", last = 7
      |                                                                                                                                             ^ here
    "###);
}

#[test]
fn colours_only_wrap() {
    let coloured = human(&files("rules/strategy.toml", STRATEGY), &[bad_key()], Colour::Ansi);
    let plain = human(&files("rules/strategy.toml", STRATEGY), &[bad_key()], Colour::Plain);
    let mut stripped = coloured;
    for code in ["0", "1", "1;31", "1;34", "1;36"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn json_says_the_same() {
    let text = json(&files("rules/strategy.toml", STRATEGY), &[bad_key()]);
    insta::assert_snapshot!(text, @r###"
    {
      "format_version": "1.0",
      "kind": "diagnostics",
      "diagnostics": [
        {
          "code": "E0201",
          "severity": "error",
          "title": "`rnak` is not a setting of `follow`",
          "file": "rules/strategy.toml",
          "span": {
            "line": 3,
            "column": 40,
            "byte": 82,
            "end_byte": 86
          },
          "label": "unknown setting",
          "related": [
            {
              "file": "rules/strategy.toml",
              "span": {
                "line": 3,
                "column": 11,
                "byte": 53,
                "end_byte": 59
              },
              "label": "`follow` takes: set (required), rank (required), by"
            }
          ],
          "notes": [
            "effect: rule `kvi-follow` is not loaded, so nothing in this rulebook can be published"
          ],
          "fixes": [
            {
              "applicability": "safe",
              "title": "did you mean `rank`?",
              "edits": [
                {
                  "file": "rules/strategy.toml",
                  "start": 82,
                  "end": 86,
                  "text": "rank"
                }
              ]
            }
          ]
        }
      ]
    }
    "###);
}

#[test]
fn github_annotates_the_line() {
    let text = github(&files("rules/strategy.toml", STRATEGY), &[bad_key()], "./models/x/");
    let head = "::error file=models/x/rules/strategy.toml,line=3,endLine=3,col=40,endColumn=44,title=E0201::";
    assert!(text.starts_with(head), "{text}");
    assert!(text.contains("`rnak` is not a setting of `follow`%0Aunknown setting%0Aeffect: "), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn sarif_has_places_rules_and_cures() {
    let text = sarif(&files("rules/strategy.toml", STRATEGY), &[bad_key()], ".");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &document["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "E0201");
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "rules/strategy.toml");
    let region = serde_json::json!({ "startLine": 3, "startColumn": 40, "endLine": 3, "endColumn": 44 });
    assert_eq!(place["region"], region);
    let replaced = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replaced["deletedRegion"], region);
    assert_eq!(replaced["insertedContent"]["text"], "rank");
}
