//! Every method that the service can be asked for, made by `build.rs` from the descriptor.

include!(concat!(env!("OUT_DIR"), "/methods.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::proto;
    use prost::Message as _;

    /// Health and reflection are listed in `build.rs` by hand; this compares them with what their crates serve.
    #[test]
    fn every_method_of_every_descriptor_is_known() {
        let descriptors = [
            proto::DESCRIPTOR,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        ];
        let mut paths = Vec::new();
        for descriptor in descriptors {
            for file in prost_types::FileDescriptorSet::decode(descriptor).unwrap().file {
                for service in &file.service {
                    for method in &service.method {
                        let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                        let streams = method.client_streaming() || method.server_streaming();
                        let known = Method::of_path(&path).unwrap_or_else(|| panic!("{path}"));
                        assert_eq!((known.path(), known.is_streaming()), (path.as_str(), streams));
                        paths.push(path);
                    }
                }
            }
        }
        assert_eq!(paths.len(), Method::ALL.len(), "{paths:?}");
    }
}
