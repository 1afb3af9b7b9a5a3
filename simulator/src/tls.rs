//! A certificate authority of the simulator's own, and a certificate for loopback signed by it.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What the certificate of the simulator says.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The hosts that it is for. Default: `localhost`, 127.0.0.1 and ::1.
    pub hosts: Vec<String>,
    /// The years from the start of which to the start of which it is valid. Default: 1975 and 4096.
    pub years: (i32, i32),
    /// Who signs it. Default: the authority.
    pub signer: Signer,
}

/// Who signs a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The simulator's own authority.
    Authority,
    /// The certificate itself.
    Itself,
    /// The certificate itself, as one of an authority: what `openssl req -x509` makes.
    ItselfAsAuthority,
}

impl Default for Certificate {
    fn default() -> Self {
        Self {
            hosts: ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec(),
            years: (1975, 4096),
            signer: Signer::Authority,
        }
    }
}

/// What the server needs for TLS.
pub(crate) struct Identity {
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate that clients are to trust: the authority's, or the only one.
    pub(crate) ca_pem: String,
}

impl Identity {
    /// Makes new keys and certificates.
    pub(crate) fn new(certificate: &Certificate) -> io::Result<Self> {
        Self::generate(certificate).map_err(io::Error::other)
    }

    fn generate(wanted: &Certificate) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let authority = CertifiedIssuer::self_signed(authority(), KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = match wanted.signer {
            Signer::Authority => server(wanted)?.signed_by(&key, &authority)?,
            _ => server(wanted)?.self_signed(&key)?,
        };
        let ca_pem = if wanted.signer == Signer::Authority { authority.pem() } else { certificate.pem() };
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der())?)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem })
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "smsp-simulator CA");
    params
}

fn server(wanted: &Certificate) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(wanted.hosts.clone())?;
    let (first, end) = wanted.years;
    (params.not_before, params.not_after) = (date_time_ymd(first, 1, 1), date_time_ymd(end, 1, 1));
    if wanted.signer == Signer::ItselfAsAuthority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name.push(DnType::CommonName, "smsp-simulator");
    Ok(params)
}
