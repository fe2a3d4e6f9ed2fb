//! The book: what its pages show is what `pricer` prints, and what they name exists.
//!
//! On a page, a block ```` ```toml file=rules/a.toml ```` writes a file of the rulebook `shop`, and the lines `$ pricer …` of a
//! ```` ```console ```` block are run; what they print stands below them. `PRICER_BLESS=1` writes it there.

use super::corpus::compare;
use super::root;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Pages whose console blocks are run, and the files that are there before.
const PAGES: &[(&str, &[&str])] = &[
    ("tutorial.md", &[]),
    ("recipes/kvi.md", SHOP),
    ("recipes/private-label.md", SHOP),
    ("recipes/clearance.md", SHOP),
    ("recipes/marketplace.md", SHOP),
    ("recipes/two-currencies.md", SHOP),
];

const SHOP: &[&str] = &["rulebook.toml", "schema.toml"];

fn docs() -> PathBuf {
    root().join("docs")
}

/// An empty folder with the files in `shop` that a page builds on.
fn shop(given: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path().join("shop");
    std::fs::create_dir_all(&shop).unwrap();
    for name in given {
        std::fs::copy(docs().join("recipes/shop").join(name), shop.join(name)).unwrap();
    }
    folder
}

/// The page with its files written and its commands run in a folder.
fn run(page: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let block: Vec<&str> = std::iter::from_fn(|| lines.next_if(|line| *line != "```")).collect();
        if let Some((_, name)) = kind.split_once("file=") {
            let path = folder.join("shop").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{}\n", block.join("\n"))).unwrap();
        }
        let commands = block.iter().filter_map(|line| line.strip_prefix("$ pricer "));
        if kind != "console" {
            block.iter().for_each(|line| out.push_str(&format!("{line}\n")));
            continue;
        }
        for (at, command) in commands.enumerate() {
            let blank = if at == 0 { "" } else { "\n" };
            out.push_str(&format!("{blank}$ pricer {command}\n{}", printed(folder, command)));
        }
    }
    out
}

/// What a command prints; how long it took is another number each time.
fn printed(folder: &Path, command: &str) -> String {
    let words = command.split(' ').filter(|word| !word.is_empty());
    let output = Command::new(env!("CARGO_BIN_EXE_pricer")).args(words).current_dir(folder).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.find(" in 0.").or_else(|| line.find(" in 1.")) {
            Some(at) if line[at + 4..].contains(" s") => {
                let rest = line[at + 4..].split_once(" s").unwrap().1;
                format!("{} in 0.01 s{rest}", &line[..at])
            }
            _ => line.to_owned(),
        };
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn pages_show_what_pricer_prints() {
    for (name, given) in PAGES {
        let path = docs().join(name);
        let page = std::fs::read_to_string(&path).unwrap();
        compare(&path, &run(&page, shop(given).path()));
    }
}

#[test]
fn the_readme_shows_what_pricer_prints() {
    let path = root().join("README.md");
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.contains("```console\n$ pricer "), "no command is shown");
    compare(&path, &run(&page, &root()));
}

fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![docs()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "md") => pages.push(path),
                false => {}
            }
        }
    }
    pages.sort();
    pages
}

/// Targets of `](…)` outside of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_page_is_in_the_book_and_every_link_leads_somewhere() {
    let summary = std::fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let listed: Vec<PathBuf> = links(&summary).map(|link| docs().join(link)).collect();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        assert!(
            page.ends_with("SUMMARY.md") || listed.contains(&page),
            "{} is not in SUMMARY.md",
            page.display()
        );
        for link in links(&text).filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = page.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(target.exists(), "{} links to {link}, which does not exist", page.display());
        }
        // The papers that the project was planned with are no part of it.
        for name in ["RULEBOOK.md", "SEMANTICS.md", "ECONOMICS", "DESIGN.md"] {
            assert!(!text.contains(name), "{} names {name}", page.display());
        }
    }
}
