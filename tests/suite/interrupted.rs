//! Ctrl-C in the middle of a run: what was there stays, and nothing half-written is left.

use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const AT: &str = "2026-11-18T10:00:00Z";

fn pricer(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pricer"));
    command.args(words).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// What is half-written in a folder.
fn parts(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).filter(|name| name.ends_with(".part")).collect()
}

/// Waits until the run writes, or has ended.
fn writes(run: &mut Child, folder: &Path) -> bool {
    while run.try_wait().unwrap().is_none() {
        if !parts(folder).is_empty() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

#[test]
fn an_interrupt_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (items, out, bad) = (path("items.csv"), path("out.parquet"), path("out.quarantine.csv"));
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/models/orda");
    let made = pricer(&["gen", "items", "--rulebook", book, "--rows", "15000", "--at", AT, "--out", &items]);
    assert!({ made }.status().unwrap().success());
    std::fs::write(&out, "yesterday").unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        let words =
            ["reprice", "--rulebook", book, "--items", &items, "--out", &out, "--at", AT, "--threads", "1"];
        let mut run = pricer(&words).spawn().unwrap();
        assert!(writes(&mut run, folder.path()), "the run ended before it could be interrupted");
        kill_process(Pid::from_child(&run), signal).unwrap();
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "yesterday");
        assert_eq!(parts(folder.path()), Vec::<String>::new());
        assert!(!Path::new(&bad).exists());
    }
}

#[test]
fn an_interrupt_leaves_the_folder_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (items, out) = (path("items.csv"), path("prices"));
    let book = concat!(env!("CARGO_MANIFEST_DIR"), "/models/orda");
    let made = pricer(&["gen", "items", "--rulebook", book, "--rows", "15000", "--at", AT, "--out", &items]);
    assert!({ made }.status().unwrap().success());
    let kept = Path::new(&out).join("market=DE/part-0.parquet");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    std::fs::write(&kept, "yesterday").unwrap();
    let words = ["reprice", "--rulebook", book, "--items", &items, "--out", &out, "--partition", "market"];
    let mut run = pricer(&words).args(["--at", AT, "--threads", "1"]).spawn().unwrap();
    assert!(writes(&mut run, folder.path()), "the run ended before it could be interrupted");
    kill_process(Pid::from_child(&run), Signal::INT).unwrap();
    let ended = run.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "yesterday");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    assert_eq!(parts(folder.path()), Vec::<String>::new());
}
