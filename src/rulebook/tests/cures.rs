//! Cures are applied together or not at all.

use crate::rulebook::{CureError, Cures, Files, cure};

fn files(rules: &str) -> Files {
    let rulebook = "edition = \"2026\"\nname = \"small\"\nlayers = [\"base\", \"position\"]\n[market.DE]\ncurrency = \"EUR\"\ntimezone = \"Europe/Berlin\"\nvat = { standard = \"19%\" }\n[channel.own]\n";
    let schema = "[attr]\nsku = { type = \"id\" }\nbrand = { type = \"text\" }\ntags = { type = \"set\", values = [\"kvi\", \"new\"] }\ncost = { type = \"money\" }\n";
    let all = [("rulebook.toml", rulebook), ("schema.toml", schema), ("rules/x.toml", rules)];
    Files(all.map(|(path, text)| (path.into(), text.into())).into())
}

const SAFE: Cures<'_> = Cures { safe: true, chosen: None };

#[test]
fn comments_layout_and_line_ends_stay() {
    let text = "# the floor\r\n[guard.x]   # mine\r\nclass      = \"safty\" # 1\r\nmin_margn = 20  # 2\r\n";
    let cured = cure(files(text), SAFE).unwrap();
    let expected = text.replace("safty", "safety").replace("margn", "margin").replace("20", "\"20%\"");
    assert_eq!(cured.files.get("rules/x.toml").unwrap(), expected);
    // The number is seen only when the key is right: a second round.
    assert_eq!(cured.changes.len(), 3);
    assert_eq!(cure(cured.files, SAFE).unwrap().changes, []);
}

#[test]
fn cures_that_meet_are_refused() {
    let clash = "[rule.a]\nlayer = \"base\"\nwhere = { tags = \"kvi\" }\nprice = { keep = {} }\n[rule.b]\nlayer = \"base\"\nwhere = { tags = \"new\" }\nprice = { keep = {} }\n[rule.c]\nlayer = \"base\"\nwhere = { brand = \"Bose\" }\nprice = { keep = {} }\n";
    let chosen = Cures { safe: false, chosen: Some(("E0301", 1)) };
    let error = cure(files(clash), chosen).unwrap_err();
    assert!(
        matches!(&error, CureError::Overlap { file, line: 11, .. } if &**file == "rules/x.toml"),
        "{error}"
    );
    let none = Cures { safe: false, chosen: Some(("E0501", 1)) };
    assert_eq!(cure(files(clash), none).unwrap_err(), CureError::NoFinding("E0501".to_owned()));
    let ninth = Cures { safe: false, chosen: Some(("E0301", 9)) };
    assert!(matches!(cure(files(clash), ninth).unwrap_err(), CureError::NoCure { wanted: 9, .. }));
}
