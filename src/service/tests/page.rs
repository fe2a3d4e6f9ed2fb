//! `docs/reference/api-fields.md`: every service, method, message and enum with its comment, made from the descriptor.
//!
//! `PRICER_BLESS=1 cargo test --lib service::tests::page` writes it.

use super::*;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use std::fmt::Write as _;

/// The comment above the element at a path of the descriptor, as one paragraph.
fn comment(file: &FileDescriptorProto, path: &[i32]) -> String {
    let info = file.source_code_info.as_ref().unwrap();
    let found = info.location.iter().find(|location| location.path == path);
    let text = found.and_then(|location| location.leading_comments.clone()).unwrap_or_default();
    assert!(!text.trim().is_empty(), "{}: {path:?} has no comment", file.name());
    let paragraphs = text
        .trim()
        .split("\n\n")
        .map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    // A list or table cell cannot hold paragraphs.
    paragraphs.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn type_name(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    let of = |name: &str| name.trim_start_matches(".pricer.v1.").trim_start_matches('.').to_owned();
    let base = match field.r#type() {
        Type::Message | Type::Enum => of(field.type_name()),
        other => format!("{other:?}").to_lowercase(),
    };
    let entry =
        message.nested_type.iter().find(|nested| field.type_name().ends_with(&format!(".{}", nested.name())));
    match (entry, field.label(), field.proto3_optional()) {
        (Some(entry), ..) => {
            let inner: Vec<String> = entry.field.iter().map(|field| type_name(field, entry)).collect();
            format!("map of {}", inner.join(" to "))
        }
        (_, Label::Repeated, _) => format!("list of {base}"),
        (_, _, true) => format!("optional {base}"),
        (..) if field.oneof_index.is_some() => format!("{base}, one of"),
        _ => base,
    }
}

fn page() -> String {
    let files = FileDescriptorSet::decode(proto::DESCRIPTOR).unwrap().file;
    let mut out = String::from(
        "# Every message of the API\n\nMade from `proto/pricer/v1` by a test (`PRICER_BLESS=1 cargo test --lib service::tests::page`); \
         do not edit. What it means together: [api.md](api.md).\n",
    );
    for file in files.iter().filter(|file| file.package() == "pricer.v1") {
        let _ = writeln!(out, "\n## {}", file.name().trim_start_matches("pricer/v1/"));
        for (service, at) in file.service.iter().zip(0..) {
            let _ = writeln!(out, "\n### {}\n\n{}\n", service.name(), comment(file, &[6, at]));
            for (method, number) in service.method.iter().zip(0..) {
                let stream = |streams: bool| if streams { "stream of " } else { "" };
                let short = |name: &str| name.trim_start_matches(".pricer.v1.").to_owned();
                let _ = writeln!(
                    out,
                    "- **{}** ({}{}) → {}{}. {}",
                    method.name(),
                    stream(method.client_streaming()),
                    short(method.input_type()),
                    stream(method.server_streaming()),
                    short(method.output_type()),
                    comment(file, &[6, at, 2, number])
                );
            }
        }
        for (message, at) in file.message_type.iter().zip(0..) {
            let _ = writeln!(out, "\n### {}\n\n{}", message.name(), comment(file, &[4, at]));
            if !message.field.is_empty() {
                let _ = writeln!(out, "\n| field | type | |\n|---|---|---|");
            }
            for (field, number) in message.field.iter().zip(0..) {
                let told = comment(file, &[4, at, 2, number]);
                let _ = writeln!(
                    out,
                    "| `{}` {} | {} | {told} |",
                    field.name(),
                    field.number(),
                    type_name(field, message)
                );
            }
        }
        for (kind, at) in file.enum_type.iter().zip(0..) {
            let _ = writeln!(out, "\n### {}\n\n{}\n", kind.name(), comment(file, &[5, at]));
            for (value, number) in kind.value.iter().zip(0..) {
                let told = comment(file, &[5, at, 2, number]);
                let _ = writeln!(out, "- `{}` {}: {told}", value.name(), value.number());
            }
        }
    }
    out
}

#[test]
fn the_page_is_made_from_the_protos() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/api-fields.md");
    if std::env::var_os("PRICER_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "run `PRICER_BLESS=1 cargo test --lib service::tests::page`");
}
