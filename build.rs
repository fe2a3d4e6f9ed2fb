//! Makes the gRPC code from `proto/pricer.binpb`: `proto/` compiled by protox, a protobuf compiler in Rust, in
//! `tests/suite/protos.rs`. Compiling it here would cost whoever builds pricer a compiler more.

use prost::Message as _;
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto/pricer.binpb");
    let descriptor = std::fs::read("proto/pricer.binpb")?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    // Kept for the reflection service.
    std::fs::write(out.join("pricer_descriptor.bin"), &descriptor)?;
    let descriptor = tonic_prost_build::FileDescriptorSet::decode(descriptor.as_slice())?;
    std::fs::write(out.join("methods.rs"), methods(&descriptor))?;
    tonic_prost_build::configure()
        .btree_map(".pricer.v1")
        .extern_path(".pricer.v1.QuoteResult", "crate::service::result::QuoteResult")
        .codec_path("crate::service::codec::Codec")
        .compile_fds(descriptor)?;
    Ok(())
}

/// Services that come ready-made: package and service, method, whether it streams.
const READY_MADE: [(&str, &str, bool); 3] = [
    ("grpc.health.v1.Health", "Check", false),
    ("grpc.health.v1.Health", "Watch", true),
    ("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", true),
];

/// An enum of all methods: who may call what is a `match` on it, so that a new method does not compile without a row.
fn methods(descriptor: &tonic_prost_build::FileDescriptorSet) -> String {
    let mut methods: Vec<(String, String, bool)> = Vec::new();
    for file in &descriptor.file {
        for service in &file.service {
            for method in &service.method {
                let streams = method.client_streaming() || method.server_streaming();
                let service = format!("{}.{}", file.package(), service.name());
                methods.push((service, method.name().to_owned(), streams));
            }
        }
    }
    let ready_made = READY_MADE.map(|(service, method, streams)| (service.into(), method.into(), streams));
    methods.extend(ready_made);
    let [mut names, mut all, mut paths, mut by_path, mut streams] = [const { String::new() }; 5];
    for (service, method, is_streaming) in methods {
        let name = format!("{}{method}", service.rsplit('.').next().unwrap_or_default());
        let path = format!("/{service}/{method}");
        names += &format!("    /// `{path}`\n    {name},\n");
        all += &format!("Self::{name}, ");
        paths += &format!("            Self::{name} => \"{path}\",\n");
        by_path += &format!("            \"{path}\" => Some(Self::{name}),\n");
        streams += &format!("            Self::{name} => {is_streaming},\n");
    }
    format!(
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum Method {{\n{names}}}\n\n\
         impl Method {{\n    pub const ALL: &[Self] = &[{all}];\n\n    \
         #[must_use]\n    pub fn path(self) -> &'static str {{\n        match self {{\n{paths}        }}\n    }}\n\n    \
         #[must_use]\n    pub fn of_path(path: &str) -> Option<Self> {{\n        match path {{\n{by_path}            _ => None,\n        }}\n    }}\n\n    \
         #[must_use]\n    pub fn is_streaming(self) -> bool {{\n        match self {{\n{streams}        }}\n    }}\n}}\n"
    )
}
