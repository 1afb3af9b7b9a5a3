//! Explains errors of TLS and HTTP to a person who can act on them. The texts of rustls and ureq are for people who
//! know their code.

use std::fmt::Debug;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use crate::error::{Code, Error};
use crate::utc::Utc;

/// The signatures that are accepted on a certificate.
const SIGNATURES: &str = "RSA of 2048 bits or more with SHA-256, or ECDSA on P-256 or P-384";

/// How many names of a certificate an error shows, and how many characters of each.
const MAX_NAMES: usize = 5;
const MAX_NAME: usize = 100;

/// Says what went wrong in TLS, and what can be done about it.
pub(crate) fn tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::AlertReceived(alert) => refusal(*alert),
        rustls::Error::NoCertificatesPresented => "the server shows no certificate; it must be given one".to_owned(),
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::InvalidEmptyPayload
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::UnknownProtocolVersion,
        ) => "what came is not TLS: check that base_url has the port for https, and what stands on the way".to_owned(),
        rustls::Error::PeerIncompatible(reason) => format!(
            "the server and this library have no kind of TLS in common, {}; the server must offer TLS 1.2 or 1.3 with \
            ECDHE and AES-GCM or ChaCha20",
            words(reason)
        ),
        rustls::Error::InvalidMessage(reason) => against_rules(reason),
        rustls::Error::PeerMisbehaved(reason) => against_rules(reason),
        rustls::Error::InappropriateMessage { .. }
        | rustls::Error::InappropriateHandshakeMessage { .. }
        | rustls::Error::PeerSentOversizedRecord => against_rules(error),
        rustls::Error::DecryptError => {
            "what came cannot be decrypted: it was changed on the way; if it happens again, look for what does"
                .to_owned()
        }
        rustls::Error::UnsupportedNameType => {
            "the host of base_url is no name that a certificate can have; check it".to_owned()
        }
        rustls::Error::FailedToGetCurrentTime => "the clock of this machine cannot be read; set it".to_owned(),
        rustls::Error::FailedToGetRandomBytes => {
            "the system gives no random numbers; check that a sandbox allows getrandom".to_owned()
        }
        rustls::Error::General(text) => format!("TLS fails in this library, {text}; please report it"),
        _ => format!("TLS fails in this library, {}; please report it", words(error)),
    }
}

fn against_rules(reason: &impl Debug) -> String {
    let reason = words(reason);
    format!("the server does not keep to the rules of TLS, {reason}; if it happens again, tell those who run it")
}

/// Says what an alert from the server means.
fn refusal(alert: AlertDescription) -> String {
    let advice = match alert {
        AlertDescription::HandshakeFailure
        | AlertDescription::ProtocolVersion
        | AlertDescription::InsufficientSecurity
        | AlertDescription::IllegalParameter => {
            "it must offer TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20, and a key of RSA, P-256 or P-384"
        }
        AlertDescription::UnrecognisedName => "it does not serve this host; check base_url",
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate | AlertDescription::AccessDenied => {
            "it may want a certificate of the client, and this library has none; ask those who run it"
        }
        _ => "the cause is on its side; if it happens again, tell those who run it",
    };
    let name = alert.as_str().map(|_| format!(", {}", words(&alert))).unwrap_or_default();
    format!("the server refuses, by alert {}{name}; {advice}", u8::from(alert))
}

fn certificate(error: &CertificateError) -> String {
    let now = |time: &UnixTime| format!("by this machine's clock it is {}", moment(time));
    match error {
        CertificateError::UnknownIssuer => "the server's certificate is self-signed or from an authority that ca_file \
            does not list, or the server does not send its intermediate; if the server is yours, list its authority \
            there, else something on the way intercepts"
            .to_owned(),
        CertificateError::NotValidForName => "the server's certificate is for another host; check base_url".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } => {
            format!("the server's certificate is for another host, {}; check base_url", names(presented))
        }
        CertificateError::Expired => {
            "the server's certificate has expired, or the clock of this machine is wrong".to_owned()
        }
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the server's certificate has expired, or the clock of this machine is wrong: it ended at {}, and {}",
            moment(not_after),
            now(time)
        ),
        CertificateError::NotValidYet => {
            "the server's certificate is not valid yet, or the clock of this machine is wrong".to_owned()
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the server's certificate is not valid yet, or the clock of this machine is wrong: it begins at {}, and {}",
            moment(not_before),
            now(time)
        ),
        CertificateError::BadSignature => format!(
            "the server's certificate is signed by another key than that of the authority of this name which ca_file \
            lists, or by one that is too short; if it has a new key, list its new certificate; a key must be {SIGNATURES}"
        ),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => unsupported_signature(),
        #[allow(deprecated)]
        CertificateError::UnsupportedSignatureAlgorithm => unsupported_signature(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "the server's certificate is not for servers; make one with the extended key usage serverAuth".to_owned()
        }
        CertificateError::BadEncoding => {
            "the server's certificate cannot be read; make another by the tools of its authority".to_owned()
        }
        // The names of errors in a crate that rustls does not expose.
        CertificateError::Other(other) => unnamed(&other.to_string()),
        other => unnamed(&format!("{other:?}")),
    }
}

fn unsupported_signature() -> String {
    format!(
        "the server's certificate, or one that leads to it, is signed in a way that is not accepted, such as with SHA-1 or \
        on another curve; it must be {SIGNATURES}"
    )
}

/// Explains a certificate error of which only the name is known.
fn unnamed(name: &str) -> String {
    match identifier(name) {
        "CaUsedAsEndEntity" => "the server's certificate is that of an authority, as a self-signed one often is, and \
            cannot be a server's too; make one that is not, by CA:FALSE"
            .to_owned(),
        "UnsupportedCertVersion" => {
            "the server's certificate, or one that leads to it, is of an old version; make one of version 3".to_owned()
        }
        "EndEntityUsedAsCa" => {
            "the server's certificate is signed by one that is no authority; that must have CA:TRUE, \
            or the server must send the intermediate that signed"
                .to_owned()
        }
        other => {
            format!("the server's certificate cannot be trusted, {}; its authority must make another", split(other))
        }
    }
}

/// Lists the names in a certificate. They are texts of the server.
fn names(presented: &[String]) -> String {
    let names: Vec<_> = presented.iter().filter_map(|name| bare(name)).collect();
    match names.len() {
        0 => "or for none at all".to_owned(),
        more if more > MAX_NAMES => format!("{} and {} more", names[..MAX_NAMES].join(", "), more - MAX_NAMES),
        _ => names.join(", "),
    }
}

/// The host name or address in rustls' notation of a name, without characters that do not occur in such names. None for
/// other kinds of names.
fn bare(name: &str) -> Option<String> {
    let inner = name.strip_prefix("DnsName(").or_else(|| name.strip_prefix("IpAddress("))?;
    let may_be = |character: &char| character.is_ascii_alphanumeric() || "-_.*:".contains(*character);
    Some(inner.chars().filter(may_be).take(MAX_NAME).collect())
}

fn moment(time: &UnixTime) -> Utc {
    Utc(Duration::from_secs(time.as_secs()))
}

/// The name of a variant as words: `NoCipherSuitesInCommon` becomes "no cipher suites in common".
fn words(value: &impl Debug) -> String {
    split(identifier(&format!("{value:?}")))
}

/// The letters and digits at the start of a text.
fn identifier(text: &str) -> &str {
    text.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// Splits a camel-case name into words in lower case.
fn split(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut words = String::new();
    for (index, character) in characters.iter().enumerate() {
        let is_lower = |index: Option<usize>| {
            index.and_then(|index| characters.get(index)).is_some_and(|other| !other.is_ascii_uppercase())
        };
        let begins = character.is_ascii_uppercase() && (is_lower(index.checked_sub(1)) || is_lower(Some(index + 1)));
        if begins && index > 0 {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

/// Explains an HTTP error with this host that is not an error of the connection: what went wrong, and what can be done.
pub(crate) fn http(host: &str, error: &ureq::Error) -> Error {
    let text = error.to_string();
    if !matches!(error, ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..)) {
        let text = format!("a request to {host} cannot be made, {text}; please report it");
        return Error::new(Code::Internal, text);
    }
    let reason = ["protocol: ", "http parse fail: "].iter().fold(&*text, |text, start| text.trim_start_matches(start));
    let text =
        format!("the answer of {host} is not HTTP as documented: {reason}; check base_url, and what stands on the way");
    Error::new(Code::Protocol, text)
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{AlgorithmIdentifier, ServerName, alg_id};
    use rustls::{
        CertRevocationListError, ContentType, EncryptedClientHelloError, ExtendedKeyPurpose, HandshakeType,
        InconsistentKeys, OtherError, PeerIncompatible, PeerMisbehaved,
    };

    use super::*;

    /// The variants of an enumeration that have no fields.
    macro_rules! all {
        ($of:ident: $($name:ident),+ $(,)?) => { [$($of::$name),+] };
    }

    /// Checks that a text is for a person: one line that says what can be done, without names of variants or their
    /// fields.
    fn check(text: &str) {
        assert!(text.chars().all(|character| (' '..='~').contains(&character)), "{text}");
        assert!(!text.contains(['{', '(', '[', '"']) && !text.contains("::") && !text.contains("  "), "{text}");
        let plain = ["ChaCha20", "serverAuth"].iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
        let is_joined = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        assert!(!plain.as_bytes().windows(2).any(is_joined), "{text}");
        let advice =
            ["check ", "list ", "make ", "must ", "tell those", "report", "set it", "look for", "clock", "ask "];
        assert!(advice.iter().any(|word| text.contains(word)), "{text}");
        assert!(text.len() < 400, "{text}");
    }

    fn other(text: &str) -> OtherError {
        OtherError(std::sync::Arc::new(std::io::Error::other(text.to_owned())))
    }

    #[test]
    fn alerts() {
        let alerts = all!(AlertDescription: CloseNotify, UnexpectedMessage, BadRecordMac, DecryptionFailed, RecordOverflow, DecompressionFailure, HandshakeFailure, NoCertificate, BadCertificate, UnsupportedCertificate, CertificateRevoked, CertificateExpired, CertificateUnknown, IllegalParameter, UnknownCA, AccessDenied, DecodeError, DecryptError, ExportRestriction, ProtocolVersion, InsufficientSecurity, InternalError, InappropriateFallback, UserCanceled, NoRenegotiation, MissingExtension, UnsupportedExtension, CertificateUnobtainable, UnrecognisedName, BadCertificateStatusResponse, BadCertificateHashValue, UnknownPSKIdentity, CertificateRequired, NoApplicationProtocol, EncryptedClientHelloRequired);
        for alert in alerts.into_iter().chain((0..=255).map(AlertDescription::from)) {
            let text = tls(&rustls::Error::AlertReceived(alert));
            check(&text);
            assert!(text.contains(&format!("alert {}", u8::from(alert))), "{text}");
        }
        let text = tls(&rustls::Error::AlertReceived(AlertDescription::UnrecognisedName));
        assert_eq!(
            text,
            "the server refuses, by alert 112, unrecognised name; it does not serve this host; check base_url"
        );
    }

    #[test]
    fn peers_that_do_not_keep_to_tls() {
        let named = ["a name", "CertificatePayload"];
        let named = named.into_iter().flat_map(|name| {
            [
                InvalidMessage::MissingData(name),
                InvalidMessage::TrailingData(name),
                InvalidMessage::UnexpectedMessage(name),
                InvalidMessage::IllegalEmptyList(name),
            ]
        });
        let messages = all!(InvalidMessage: CertificatePayloadTooLarge, HandshakePayloadTooLarge, InvalidCcs, InvalidContentType, InvalidCertificateStatusType, InvalidCertRequest, InvalidDhParams, InvalidEmptyPayload, InvalidKeyUpdate, InvalidServerName, MessageTooLarge, MessageTooShort, MissingKeyExchange, NoSignatureSchemes, UnknownProtocolVersion, UnsupportedCompression, UnsupportedCurveType, EmptyTicketValue, IllegalEmptyValue, PreSharedKeyIsNotFinalExtension, UnknownHelloRetryRequestExtension, UnknownCertificateExtension);
        let messages = messages.into_iter().chain(named).chain([InvalidMessage::DuplicateExtension(7)]);
        let misbehaved = all!(PeerMisbehaved: AttemptedDowngradeToTls12WhenTls13IsSupported, BadCertChainExtensions, CipherSuiteDifferedOnRetry, DisallowedEncryptedExtension, DuplicateClientHelloExtensions, DuplicateEncryptedExtensions, DuplicateHelloRetryRequestExtensions, DuplicateNewSessionTicketExtensions, DuplicateServerHelloExtensions, DuplicateServerNameTypes, EarlyDataAttemptedInSecondClientHello, EarlyDataExtensionWithoutResumption, EarlyDataOfferedWithVariedCipherSuite, EchAcceptanceVariedAfterRetry, HandshakeHashVariedAfterRetry, IllegalHelloRetryRequestWithEmptyCookie, IllegalHelloRetryRequestWithNoChanges, IllegalHelloRetryRequestWithOfferedGroup, IllegalHelloRetryRequestWithUnofferedCipherSuite, IllegalHelloRetryRequestWithUnofferedNamedGroup, IllegalHelloRetryRequestWithUnsupportedVersion, IllegalHelloRetryRequestWithWrongSessionId, IllegalHelloRetryRequestWithInvalidEch, IllegalMiddleboxChangeCipherSpec, IllegalTlsInnerPlaintext, IncorrectBinder, InvalidCertCompression, InvalidMaxEarlyDataSize, InvalidKeyShare, KeyEpochWithPendingFragment, KeyUpdateReceivedInQuicConnection, MessageInterleavedWithHandshakeMessage, MissingBinderInPskExtension, MissingKeyShare, MissingPskExtensionInSecondClientHello, MissingPskModesExtension, MissingQuicTransportParameters, OfferedDuplicateCertificateCompressions, OfferedDuplicateKeyShares, OfferedEarlyDataWithOldProtocolVersion, OfferedEmptyApplicationProtocol, OfferedIncorrectCompressions, PskExtensionMustBeLast, PskExtensionWithMismatchedIdsAndBinders, RefusedToFollowHelloRetryRequest, RejectedEarlyDataInterleavedWithHandshakeMessage, ResumptionAttemptedWithVariedEms, ResumptionOfferedWithVariedCipherSuite, ResumptionOfferedWithVariedEms, ResumptionOfferedWithIncompatibleCipherSuite, SelectedDifferentCipherSuiteAfterRetry, SelectedInvalidPsk, SelectedTls12UsingTls13VersionExtension, SelectedUnofferedApplicationProtocol, SelectedUnofferedCertCompression, SelectedUnofferedCipherSuite, SelectedUnofferedCompression, SelectedUnofferedKxGroup, SelectedUnofferedPsk, SelectedUnusableCipherSuiteForVersion, ServerEchoedCompatibilitySessionId, ServerHelloMustOfferUncompressedEcPoints, ServerNameDifferedOnRetry, ServerNameMustContainOneHostName, SignedKxWithWrongAlgorithm, SignedHandshakeWithUnadvertisedSigScheme, TooManyEmptyFragments, TooManyKeyUpdateRequests, TooManyRenegotiationRequests, TooManyWarningAlertsReceived, TooMuchEarlyDataReceived, UnexpectedCleartextExtension, UnsolicitedCertExtension, UnsolicitedEncryptedExtension, UnsolicitedSctList, UnsolicitedServerHelloExtension, WrongGroupForKeyShare, UnsolicitedEchExtension);
        let incompatible = all!(PeerIncompatible: EcPointsExtensionRequired, ExtendedMasterSecretExtensionRequired, IncorrectCertificateTypeExtension, KeyShareExtensionRequired, NamedGroupsExtensionRequired, NoCertificateRequestSignatureSchemesInCommon, NoCipherSuitesInCommon, NoEcPointFormatsInCommon, NoKxGroupsInCommon, NoSignatureSchemesInCommon, NullCompressionRequired, ServerDoesNotSupportTls12Or13, ServerSentHelloRetryRequestWithUnknownExtension, ServerTlsVersionIsDisabledByOurConfig, SignatureAlgorithmsExtensionRequired, SupportedVersionsExtensionRequired, Tls12NotOffered, Tls12NotOfferedOrEnabled, Tls13RequiredForQuic, UncompressedEcPointsRequired, UnsolicitedCertificateTypeExtension);
        let incompatible = incompatible.into_iter().chain([PeerIncompatible::ServerRejectedEncryptedClientHello(None)]);
        messages.for_each(|reason| check(&tls(&reason.into())));
        misbehaved.into_iter().for_each(|reason| check(&tls(&reason.into())));
        incompatible.for_each(|reason| check(&tls(&reason.into())));
        let text = tls(&PeerIncompatible::NoCipherSuitesInCommon.into());
        assert!(text.contains(", no cipher suites in common; the server must offer TLS 1.2 or 1.3"), "{text}");
        let text = tls(&InvalidMessage::InvalidContentType.into());
        assert!(text.starts_with("what came is not TLS: check that base_url has the port for https"), "{text}");
    }

    #[test]
    fn certificates() {
        let (time, long_ago) = (
            UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000)),
            UnixTime::since_unix_epoch(Duration::ZERO),
        );
        let (oid, supported) = (vec![42, 134, 72], vec![alg_id::ECDSA_P256]);
        let supported: Vec<AlgorithmIdentifier> = supported;
        let name = |presented: &[&str]| CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("sms.test").unwrap(),
            presented: presented.iter().map(|name| name.to_string()).collect(),
        };
        let presented = vec![ExtendedKeyPurpose::ClientAuth, ExtendedKeyPurpose::Other(vec![1, 2, 3])];
        #[allow(deprecated)]
        let errors = all!(CertificateError: BadEncoding, Expired, NotValidYet, Revoked, UnhandledCriticalExtension,
            UnknownIssuer, UnknownRevocationStatus, ExpiredRevocationList, BadSignature, UnsupportedSignatureAlgorithm,
            NotValidForName, InvalidPurpose, InvalidOcspResponse, ApplicationVerificationFailure);
        let with_more = [
            CertificateError::ExpiredContext { time, not_after: long_ago },
            CertificateError::NotValidYetContext { time: long_ago, not_before: time },
            CertificateError::ExpiredRevocationListContext { time, next_update: long_ago },
            CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: oid.clone(),
                supported_algorithms: supported,
            },
            CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: oid.clone(),
                public_key_algorithm_id: oid,
            },
            CertificateError::InvalidPurposeContext { required: ExtendedKeyPurpose::ServerAuth, presented },
            name(&[]),
            name(&[
                "DnsName(\"a.test\")",
                "IpAddress(127.0.0.1)",
                "DirectoryName",
                "Unsupported(9)",
                "DnsName(\"e\n\u{1b}[0m\")",
                "f",
            ]),
        ];
        // What webpki reports and rustls passes on.
        let passed_on = [
            "BadDer",
            "BadDerTime",
            "CaUsedAsEndEntity",
            "CertDistrusted",
            "CertExpired",
            "CertNotValidForName",
            "CertNotValidYet",
            "CertRevoked",
            "CrlExpired",
            "EmptyEkuExtension",
            "EndEntityUsedAsCa",
            "ExtensionValueInvalid",
            "InvalidCertValidity",
            "InvalidCrlNumber",
            "InvalidNetworkMaskConstraint",
            "InvalidSerialNumber",
            "InvalidCrlSignatureForPublicKey",
            "InvalidSignatureForPublicKey",
            "IssuerNotCrlSigner",
            "MalformedDnsIdentifier",
            "MalformedExtensions",
            "MalformedNameConstraint",
            "MaximumNameConstraintComparisonsExceeded",
            "MaximumPathBuildCallsExceeded",
            "MaximumPathDepthExceeded",
            "MaximumSignatureChecksExceeded",
            "NameConstraintViolation",
            "PathLenConstraintViolated",
            "RequiredEkuNotFound",
            "RequiredEkuNotFoundContext",
            "SignatureAlgorithmMismatch",
            "TrailingData",
            "UnknownIssuer",
            "UnknownRevocationStatus",
            "UnsupportedCertVersion",
            "UnsupportedCriticalExtension",
            "UnsupportedCrlIssuingDistributionPoint",
            "UnsupportedCrlVersion",
            "UnsupportedDeltaCrl",
            "UnsupportedIndirectCrl",
            "UnsupportedNameType",
            "UnsupportedRevocationReason",
            "UnsupportedRevocationReasonsPartitioning",
            "UnsupportedCrlSignatureAlgorithm",
            "UnsupportedCrlSignatureAlgorithmContext",
            "UnsupportedSignatureAlgorithm",
            "UnsupportedSignatureAlgorithmContext",
            "UnsupportedCrlSignatureAlgorithmForPublicKey",
            "UnsupportedCrlSignatureAlgorithmForPublicKeyContext",
            "UnsupportedSignatureAlgorithmForPublicKey",
            "UnsupportedSignatureAlgorithmForPublicKeyContext",
        ]
        .map(|name| CertificateError::Other(other(name)));
        let with_fields =
            ["TrailingData(Certificate)", "CertExpired { time: 1 }"].map(|text| CertificateError::Other(other(text)));
        for error in errors.into_iter().chain(with_more).chain(passed_on).chain(with_fields) {
            check(&tls(&error.into()));
        }
        for (error, part) in [
            (
                name(&["DnsName(\"a.test\")", "IpAddress(127.0.0.1)"]),
                "for another host, a.test, 127.0.0.1; check base_url",
            ),
            (name(&["DnsName(\"a\")"; 7]), "a, a, a, a, a and 2 more"),
            (name(&["DnsName(\"a\u{1b}[2J; it is fine\")"]), "for another host, a2Jitisfine; check"),
            (CertificateError::UnknownIssuer, "or the server does not send its intermediate"),
            (CertificateError::BadSignature, "or by one that is too short"),
            (CertificateError::Other(other("UnsupportedCertVersion")), "make one of version 3"),
            (
                CertificateError::ExpiredContext { time, not_after: long_ago },
                "it ended at 1970-01-01T00:00:00.000Z, and by this machine's clock it is 2027-01-15T08:00:00.000Z",
            ),
        ] {
            let text = tls(&error.into());
            assert!(text.contains(part), "{text}");
        }
        let expected = "such as with SHA-1 or on another curve; it must be RSA of 2048 bits or more";
        #[allow(deprecated)]
        let text = tls(&CertificateError::UnsupportedSignatureAlgorithm.into());
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn what_else_rustls_has() {
        let unexpected = rustls::Error::InappropriateMessage {
            expect_types: vec![ContentType::Alert, ContentType::Handshake],
            got_type: ContentType::Unknown(9),
        };
        let handshake = rustls::Error::InappropriateHandshakeMessage {
            expect_types: vec![HandshakeType::Finished],
            got_type: HandshakeType::ServerHello,
        };
        use rustls::Error;
        let plain = all!(Error: NoCertificatesPresented, UnsupportedNameType, DecryptError, EncryptError,
            FailedToGetCurrentTime, FailedToGetRandomBytes, HandshakeNotComplete, PeerSentOversizedRecord,
            NoApplicationProtocol, BadMaxFragmentSize);
        let with_more = [
            unexpected,
            handshake,
            Error::General("a text of rustls".to_owned()),
            Error::Other(other("SomeError { code: 1 }")),
            Error::InvalidCertRevocationList(CertRevocationListError::ParseError),
            Error::InvalidEncryptedClientHello(EncryptedClientHelloError::SniRequired),
            Error::InconsistentKeys(InconsistentKeys::Unknown),
        ];
        plain.into_iter().chain(with_more).for_each(|error| check(&tls(&error)));
    }

    #[test]
    fn what_ureq_has() {
        use ureq::Error;
        let no_uri = ureq::http::Error::from("a b".parse::<ureq::http::Uri>().unwrap_err());
        let plain =
            all!(Error: HostNotFound, RedirectFailed, InvalidProxyUrl, ConnectionFailed, TooManyRedirects, TlsRequired);
        let with_more = [
            Error::StatusCode(404),
            Error::Http(no_uri),
            Error::BadUri("a b".to_owned()),
            Error::Tls("a text"),
            Error::RequireHttpsOnly("http".to_owned()),
            Error::ConnectProxyFailed("a text".to_owned()),
        ];
        for error in plain.into_iter().chain(with_more) {
            let told = http("sms.test", &error);
            check(told.message());
            assert!(
                told.code() == Code::Internal && told.message().starts_with("a request to sms.test cannot be made, ")
            );
        }
        let told = http("sms.test", &Error::LargeResponseHeader(2, 1));
        check(&told.message().replace('>', "of"));
        assert!(told.code() == Code::Protocol && told.message().contains("check base_url"), "{told}");
    }

    #[test]
    fn names_become_words() {
        for (name, expected) in [
            ("NoKxGroupsInCommon", "no kx groups in common"),
            ("UnknownCA", "unknown ca"),
            ("UnknownPSKIdentity", "unknown psk identity"),
            ("Tls12NotOffered", "tls12 not offered"),
            ("Unknown(7)", "unknown"),
            ("", ""),
        ] {
            assert_eq!(split(identifier(name)), expected);
        }
    }
}
