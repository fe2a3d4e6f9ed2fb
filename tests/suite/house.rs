//! The rules of the house, as tests: who may use whom, what rooms do not know, how long a file may be.

use std::path::{Path, PathBuf};

/// Rooms from the ground up: each may use those before it, and what is listed beyond nothing else of ours.
const ROOMS: &[(&str, &[&str])] = &[
    ("money", &[]),
    ("facts", &["money"]),
    ("demand", &["money"]),
    ("pricing", &["demand", "facts", "money"]),
    ("explain", &["pricing", "facts", "money"]),
    ("rulebook", &["explain", "pricing", "facts", "money"]),
    ("estimate", &["demand", "facts", "money"]),
    ("store", &["rulebook", "pricing", "facts", "money"]),
    ("batch", &["store", "rulebook", "explain", "pricing", "demand", "facts", "money"]),
    ("plan", &["batch", "store", "rulebook", "explain", "pricing", "demand", "facts", "money"]),
    (
        "simulate",
        &["batch", "store", "estimate", "rulebook", "explain", "pricing", "demand", "facts", "money"],
    ),
    (
        "service",
        &["plan", "batch", "store", "estimate", "rulebook", "explain", "pricing", "demand", "facts", "money"],
    ),
    (
        "cli",
        &[
            "service", "simulate", "plan", "batch", "store", "estimate", "rulebook", "explain", "pricing",
            "demand", "facts", "money",
        ],
    ),
];

/// What the core does not know.
const CORE: &[&str] = &["money", "facts", "demand", "pricing"];
const NOT_IN_THE_CORE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::thread",
    "std::net",
    "std::process",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "tokio",
    "tonic",
    "prost",
    "serde",
    "rayon",
    "arrow_",
    "println!",
    "eprintln!",
    "static mut",
    "OnceLock",
];

fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The code of a file without its comments and tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn dependencies_point_down() {
    let mut wrong = Vec::new();
    for (room, allowed) in ROOMS {
        let folder = root().join("src").join(room);
        for path in if folder.is_dir() { sources(&folder) } else { Vec::new() } {
            for (other, _) in ROOMS.iter().filter(|(other, _)| other != room && !allowed.contains(other)) {
                if code(&path).contains(&format!("crate::{other}")) {
                    wrong.push(format!("{} uses `{other}`: `{room}` may use {allowed:?}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_known() {
    for entry in
        std::fs::read_dir(root().join("src")).unwrap().flatten().filter(|entry| entry.path().is_dir())
    {
        let name = entry.file_name().into_string().unwrap();
        assert!(
            ROOMS.iter().any(|(room, _)| *room == name),
            "src/{name}: add the room to this test and to ARCHITECTURE.md"
        );
    }
}

#[test]
fn the_core_knows_no_edges() {
    let mut wrong = Vec::new();
    for path in CORE
        .iter()
        .map(|room| root().join("src").join(room))
        .filter(|path| path.is_dir())
        .flat_map(|path| sources(&path))
    {
        let code = code(&path);
        wrong.extend(
            NOT_IN_THE_CORE
                .iter()
                .filter(|word| code.contains(**word))
                .map(|word| format!("{}: `{word}`", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rayon_is_for_batch_estimate_plan_and_simulate() {
    for path in sources(&root().join("src")) {
        let allowed = ["batch", "estimate", "plan", "simulate"]
            .iter()
            .any(|room| path.starts_with(root().join("src").join(room)));
        assert!(allowed || !code(&path).contains("rayon::"), "{}", path.display());
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let places = ["src", "tests", "benches"].map(|folder| root().join(folder));
    for path in places.iter().filter(|folder| folder.is_dir()).flat_map(|folder| sources(folder)) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.lines().count() <= 500,
            "{}: {} lines, at most 500",
            path.display(),
            text.lines().count()
        );
        if path.starts_with(root().join("src")) {
            assert!(text.starts_with("//!"), "{}: a file opens with what it is for", path.display());
        }
    }
}
