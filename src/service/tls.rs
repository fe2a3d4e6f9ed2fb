//! TLS from files: certificate and key, and the authority of client certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Where they are, all PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The service's certificate, then those between it and the authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Who signs the certificates of clients; none: clients show none.
    pub client_ca: Option<PathBuf>,
    /// Whether a client may come without a certificate, with a token.
    pub is_client_certificate_optional: bool,
}

/// URI and DNS names of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// Those of a certificate that was verified; one that cannot be read has none.
    #[must_use]
    pub fn of(certificates: Option<&[CertificateDer<'_>]>) -> Self {
        let Some(first) = certificates.and_then(<[_]>::first) else { return Self::default() };
        let Ok(certificate) = webpki::EndEntityCert::try_from(first) else { return Self::default() };
        let names = certificate.valid_uri_names().chain(certificate.valid_dns_names());
        Self(names.map(str::to_owned).collect())
    }
}

impl TlsFiles {
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        let all = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()];
        all.into_iter().flatten().map(PathBuf::as_path).collect()
    }

    /// What to shake hands with: TLS 1.2 and 1.3, HTTP/2.
    ///
    /// # Errors
    /// Which file is wrong, and why.
    pub fn load(&self) -> Result<Arc<ServerConfig>, String> {
        let certificates = read_certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| format!("{}: no private key in PEM: {error}", self.key.display()))?;
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in read_certificates(path)? {
                    roots.add(certificate).map_err(|error| format!("{}: {error}", path.display()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = match self.is_client_certificate_optional {
                    true => verifier.allow_unauthenticated(),
                    false => verifier,
                };
                builder.with_client_cert_verifier(verifier.build().map_err(|error| error.to_string())?)
            }
        };
        let mut config = builder
            .with_single_cert(certificates, key)
            .map_err(|error| format!("{} and {}: {error}", self.certificate.display(), self.key.display()))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong =
        |error: &dyn std::fmt::Display| format!("{}: no certificates in PEM: {error}", path.display());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|error| wrong(&error))?;
    match certificates.is_empty() {
        true => Err(wrong(&"there are none")),
        false => Ok(certificates),
    }
}
