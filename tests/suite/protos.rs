//! `proto/pricer.binpb`, which `build.rs` makes the gRPC code from, is `proto/` compiled.

use std::path::{Path, PathBuf};

#[test]
fn the_compiled_protos_are_those_of_the_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root.join("pricer/v1")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "proto"));
    files.sort();
    assert!(!files.is_empty());
    let mut compiler = protox::Compiler::new([&root]).unwrap();
    let compiled = compiler.include_imports(true).include_source_info(true).open_files(files).unwrap();
    let compiled = compiled.encode_file_descriptor_set();
    let kept = root.join("pricer.binpb");
    if std::env::var_os("PRICER_BLESS").is_some() {
        std::fs::write(&kept, &compiled).unwrap();
    }
    let same = std::fs::read(&kept).unwrap_or_default() == compiled;
    assert!(
        same,
        "proto/ has changed since it was compiled: PRICER_BLESS=1 cargo test --test suite protos, then build again"
    );
}
