//! Compiles `proto/` with protox, a protobuf compiler in Rust: no `protoc` on the machine is needed.

use prost::Message as _;
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let files = protos(Path::new("proto/pricer/v1"))?;
    println!("cargo:rerun-if-changed=proto");
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
    }
    let descriptor = protox::Compiler::new(["proto"])?
        .include_imports(true)
        .include_source_info(true)
        .open_files(files)?
        .encode_file_descriptor_set();
    // Kept for the reflection service.
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("pricer_descriptor.bin"), &descriptor)?;
    tonic_prost_build::configure()
        .btree_map(".pricer.v1")
        .codec_path("crate::service::codec::Codec")
        .compile_fds(tonic_prost_build::FileDescriptorSet::decode(descriptor.as_slice())?)?;
    Ok(())
}

/// The `.proto` files of a folder, sorted.
fn protos(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
