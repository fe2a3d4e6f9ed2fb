//! What the fuzzer found and started from, through its own targets: found once, it stays found. See `fuzz/README.md`.

#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::path::PathBuf;

#[test]
fn every_finding_and_seed_passes_its_target() {
    let fuzz = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (name, target) in targets::TARGETS {
        let mut ran = 0;
        for folder in ["seeds", "findings"] {
            let Ok(entries) = std::fs::read_dir(fuzz.join(folder).join(name)) else { continue };
            for entry in entries.flatten() {
                target(&std::fs::read(entry.path()).unwrap());
                ran += 1;
            }
        }
        assert!(0 < ran, "{name} has no seed");
    }
}
