//! A first rulebook is sound and changes nothing.

use super::*;
use crate::batch::Feeds;
use crate::batch::load_facts;
use crate::pricing::{Row, World, price};
use clap::Parser as _;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

const AT: i64 = 1_667_300_400;

fn args(words: &[&str]) -> Args {
    Line::parse_from(std::iter::once("init").chain(words.iter().copied())).args
}

fn loaded(dir: &Path) -> crate::rulebook::Loaded {
    load(Files::read_dir(dir).unwrap())
}

fn iowa() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/models/iowa/feeds/catalog.csv").to_owned()
}

#[test]
fn the_first_run_over_iowa_changes_no_price() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("shop");
    let said = init(&args(&[dir.to_str().unwrap(), "--from", &iowa(), "--currency", "USD"]), AT).unwrap();
    assert!(!said.contains("cannot be read"), "{said}");
    let loaded = loaded(&dir);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let release = loaded.release.clone().unwrap();
    let of = |name: &str| release.items_feed.columns.get(name).map(|header| header.to_string());
    assert_eq!(of("sku").as_deref(), Some("Item Number"));
    assert_eq!(of("cost").as_deref(), Some("State Bottle Cost"));
    assert_eq!(of("current_price").as_deref(), Some("State Bottle Retail"));
    let (facts, accounts) =
        load_facts(&release, Feeds { items: Some(Path::new(&iowa())), ..Feeds::default() }).unwrap();
    assert_eq!(accounts.iter().map(|account| account.quarantined.len()).sum::<usize>(), 0);
    let place = release.place("home", "shop").unwrap();
    let world = World::new(&release, place, &facts.rates, AT, None);
    let mut same = 0;
    let current = crate::facts::builtin::CURRENT_PRICE;
    for row in facts.items.iter() {
        let item = row.item();
        let outcome = price(&Row { item: &item, offers: &[] }, &world, &mut ());
        let crate::facts::Value::Money(before, _) = item.value(current) else { panic!("no price") };
        let crate::pricing::Outcome::Decided(decision) = outcome else { panic!("{outcome:?}") };
        assert_eq!(decision.price.amount(), before);
        same += 1;
    }
    assert_eq!(same, 6_482);
    let results = crate::rulebook::run_tests(&release, &loaded.tests, &crate::facts::Rates::default());
    assert_eq!((results.reports.len(), results.failed()), (1, 0), "{:?}", results.reports);
}

#[test]
fn columns_are_what_stands_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("c.csv");
    let text = "sku,Regal,tags,share,lead time,EAN,pfad,price,empty,any\n\
                0017,A \"1\",a|b,5%,3d,04012345678901,x/y,9.99 EUR,,q\n\
                0018,B\\2,,7.5%,2w,04012345678902,x/z,12.00 EUR,,q\n\
                0019,A \"1\",b,1%,2w,04012345678903,x/y,1.00 EUR,,r\n";
    std::fs::write(&catalog, text).unwrap();
    let dir = folder.path().join("out");
    init(
        &args(&[
            dir.to_str().unwrap(),
            "--from",
            catalog.to_str().unwrap(),
            "--market",
            "DE",
            "--vat",
            "19%",
        ]),
        AT,
    )
    .unwrap();
    let loaded = loaded(&dir);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    let release = loaded.release.unwrap();
    let kind = |name: &str| release.schema.attr(release.schema.find(name).unwrap()).kind;
    use crate::facts::Kind;
    for (name, wanted) in [
        ("sku", Kind::Id),
        ("regal", Kind::Text),
        ("tags", Kind::Set),
        ("share", Kind::Percent),
        ("lead_time", Kind::Duration),
        ("ean", Kind::Id),
        ("pfad", Kind::Tree),
        ("current_price", Kind::Money),
        ("any_2", Kind::Text),
    ] {
        assert_eq!(kind(name), wanted, "{name}");
    }
    assert!(release.schema.find("empty").is_none());
    assert_eq!(release.place("DE", "shop").unwrap().currency.to_string(), "EUR");
}

#[test]
fn nothing_is_overwritten_and_nothing_is_guessed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let here = folder.path().to_str().unwrap();
    assert_eq!(init(&args(&[here, "--demo"]), AT).unwrap_err().0, 2);
    let new = folder.path().join("new");
    let new = new.to_str().unwrap();
    assert!(init(&args(&[new, "--from", &iowa()]), AT).unwrap_err().1.contains("--currency"));
    let wrong = args(&[new, "--from", &iowa(), "--currency", "USD", "--column", "sku=Nummer"]);
    assert!(init(&wrong, AT).unwrap_err().1.contains("Item Number"));
    assert!(!Path::new(new).exists());
}

#[test]
fn the_demo_is_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    init(&args(&[dir.to_str().unwrap(), "--demo"]), AT).unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/orda");
    assert_eq!(Files::read_dir(&dir).unwrap(), Files::read_dir(&model).unwrap());
    for (name, text) in demo::FILES {
        assert_eq!(std::fs::read_to_string(model.join(name)).unwrap(), *text);
    }
    assert!(!loaded(&dir).has_errors());
}

fn from(text: &[u8], more: &[&str]) -> Result<String, Problem> {
    let folder = tempfile::tempdir().unwrap();
    let catalog = folder.path().join("c.csv");
    std::fs::write(&catalog, text).unwrap();
    let dir = folder.path().join("out");
    let words = [&[dir.to_str().unwrap(), "--from", catalog.to_str().unwrap()], more].concat();
    let said = init(&args(&words), AT)?;
    Ok(said + &std::fs::read_to_string(dir.join("rulebook.toml")).unwrap())
}

#[test]
fn capitals_part_words() {
    let text = b"StockCode,UnitPrice,UnitCost\n85123A,2.55,1.20\n71053,3.39,1.70\n";
    let said = from(text, &["--currency", "GBP"]).unwrap();
    for mapped in ["sku = \"StockCode\"", "current_price = \"UnitPrice\"", "cost = \"UnitCost\""] {
        assert!(said.contains(mapped), "{mapped}\n{said}");
    }
}

#[test]
fn what_is_missing_is_said_at_once() {
    let (code, text) = from(b"a,b\nx,1\nx,2\n", &[]).unwrap_err();
    for said in ["the item's id", "the current price", "--currency"] {
        assert!(code == 1 && text.contains(said), "{said}\n{text}");
    }
    let (_, text) = from(b"PAR1\x15\x04\x15", &[]).unwrap_err();
    assert!(text.contains("is Parquet, and init reads CSV"), "{text}");
}

#[test]
fn rows_that_cannot_be_read_are_no_success() {
    let text = "sku,price,stock_units\nA,1.00 EUR,1\nB,2.00 EUR,-1\nC,3.00 EUR,1\nD,4.00 EUR,2\n";
    let said = from(text.as_bytes(), &[]).unwrap();
    assert!(said.contains("1 row cannot be read like that: line 3, `"), "{said}");
    let most = text.replace("EUR,1", "EUR,-1");
    let (code, text) = from(most.as_bytes(), &[]).unwrap_err();
    assert!(
        code == 1 && text.contains("3 of 4 rows of") && text.contains("nothing is written: line 2"),
        "{text}"
    );
}

/// What a feed calls an attribute is no value that the catalog lacks.
#[test]
fn the_next_step_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("shop");
    init(&args(&[dir.to_str().unwrap(), "--from", &iowa(), "--currency", "USD"]), AT).unwrap();
    let catalog = iowa();
    let mut evidence = |release: &crate::pricing::Release| {
        let feeds = Feeds { items: Some(Path::new(&catalog)), ..Feeds::default() };
        let (facts, _) = load_facts(release, feeds).unwrap();
        Some(crate::rulebook::Evidence { name: "catalog".to_owned(), facts, at: AT })
    };
    let loaded = crate::rulebook::load_with(Files::read_dir(&dir).unwrap(), &mut evidence);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
}
