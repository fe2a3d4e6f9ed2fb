//! Layout changes nothing but layout, and once is enough.

use super::*;
use proptest::prelude::*;

#[test]
fn a_file_gets_its_layout() {
    let before = "\u{feff}# about\r\nlayer = \"base\"   \r\nwhy=\"x = # y\"  # kept   \r\n\r\n\r\n[rule.a]\r\nwhere = { tags = \"kvi\" }\nprice.follow.by=\"-1%\"\n# of b\n[rule.b]\n'a = b'   = [\n   1,   \n]\nlong = \"\"\"\n a  \n\n\nb=1\"\"\"\nx  = 1\n\n\n";
    let after = "# about\nlayer = \"base\"\nwhy   = \"x = # y\"  # kept\n\n[rule.a]\nwhere           = { tags = \"kvi\" }\nprice.follow.by = \"-1%\"\n\n# of b\n[rule.b]\n'a = b' = [\n   1,\n]\nlong = \"\"\"\n a  \n\n\nb=1\"\"\"\nx = 1\n";
    assert_eq!(tidy("rules/a.toml", before), after);
    assert_eq!(tidy("rules/a.toml", after), after);
    assert_eq!(tidy("tables/a.csv", "\u{feff}a,b\r\n1, \r\n\r\n"), "a,b\n1, \n");
    assert_eq!(tidy("tables/a.csv", "a\r\n\"x\r\ny\"\r\n"), "a\r\n\"x\r\ny\"\r\n");
}

#[test]
fn a_broken_file_is_left_as_it_is() {
    assert_eq!(tidy("rules/a.toml", "[rule.a\nx   =  1\n"), "[rule.a\nx   =  1\n");
    assert_eq!(tidy("rules/a.toml", ""), "");
}

/// Both models, each file with line ends and blanks of many kinds.
#[test]
fn the_models_say_the_same_after_it() {
    for model in ["orda", "iowa"] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(model);
        for (path, text) in &crate::rulebook::Files::read_dir(&root).unwrap().0 {
            let once = tidy(path, text);
            assert_eq!(tidy(path, &once), once, "{path}");
            let blanks = if path.ends_with(".toml") { "  \r\n" } else { "\r\n" };
            assert_eq!(tidy(path, &text.replace('\n', blanks)), once, "{path}");
            if path.ends_with(".toml") {
                assert!(same(&parse(path, text).0, &parse(path, &once).0), "{path}");
                let comments = |text: &str| text.matches('#').count();
                assert_eq!(comments(text), comments(&once), "{path}");
            }
        }
    }
}

proptest! {
    #[test]
    fn once_is_enough_and_nothing_else_changes(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "a = 1\n", "bb=\"x\"   \n", "[t]\n", "[t.u]\n", "# c\n", "\n", "  \n", "\r\n", "c = [\n", "1,\n", "]\n",
                "d = \"\"\"\n", "\"\"\"\n", "e = '#'\n", "'q r' = { x = 1 }  # k\n", "f = \"\\\"\"\n", "\u{feff}", "=", "'''", "\\",
            ]),
            0..24,
        )
    ) {
        let text: String = pieces.concat();
        let once = tidy("rules/x.toml", &text);
        prop_assert_eq!(&tidy("rules/x.toml", &once), &once);
        let plain = text.trim_start_matches('\u{feff}');
        let (before, broken) = parse("x", plain);
        if broken {
            prop_assert_eq!(&once, &text);
        } else {
            prop_assert!(same(&before, &parse("x", &once).0));
        }
    }
}
