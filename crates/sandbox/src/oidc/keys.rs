//! The issuer's signing key: one per process, made when it is first needed.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use rsa::{RsaPrivateKey, pkcs1::EncodeRsaPrivateKey, traits::PublicKeyParts};
use serde_json::{Value, json};

/// The length that GitHub's issuer uses.
const BITS: usize = 2048;

/// A key pair that signs with RS256, and its public half as a JWK.
pub(crate) struct Keys {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    jwk: Value,
}

impl Keys {
    /// Returns the process's keys. Making them takes a moment, so that all sandboxes of a process share them;
    /// none if the system has no randomness to make them from.
    pub(crate) fn get() -> Option<&'static Self> {
        static KEYS: OnceLock<Option<Keys>> = OnceLock::new();
        KEYS.get_or_init(Self::generate).as_ref()
    }

    fn generate() -> Option<Self> {
        let key = RsaPrivateKey::new(&mut rand::thread_rng(), BITS).ok()?;
        let der = key.to_pkcs1_der().ok()?;
        let (modulus, exponent) = (key.n().to_bytes_be(), key.e().to_bytes_be());
        let kid = super::random_hex(20);
        let jwk = json!({
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": kid,
            "n": URL_SAFE_NO_PAD.encode(&modulus),
            "e": URL_SAFE_NO_PAD.encode(&exponent),
        });
        Some(Self {
            kid,
            signing: EncodingKey::from_rsa_der(der.as_bytes()),
            verifying: DecodingKey::from_rsa_raw_components(&modulus, &exponent),
            jwk,
        })
    }

    /// Signs `claims`; none if the signing itself fails.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).ok()
    }

    /// Returns the key set document, RFC 7517 §5.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }
}
