//! Verifies the signature of a request: AWS Signature Version 4 with the `Authorization` header.

use axum::http::{HeaderMap, Method, Uri, header::AUTHORIZATION};
use sha2::{Digest, Sha256};

use super::{Session, State};
use crate::oidc::now;

/// Why a request is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// No `Authorization` header, or none that can be read.
    Missing,
    /// No such access key, or not with this session token.
    UnknownKey,
    /// The session is over.
    Expired,
    /// The signature is another.
    Mismatch,
}

/// Returns the session whose key signed the request.
pub(crate) fn verify(
    state: &State,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Session, Unsigned> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or(Unsigned::Missing)?;
    let rest = header.strip_prefix("AWS4-HMAC-SHA256").ok_or(Unsigned::Missing)?;
    let field = |name: &str| {
        rest.split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
            .ok_or(Unsigned::Missing)
    };
    let (credential, signed, signature) =
        (field("Credential")?, field("SignedHeaders")?, field("Signature")?);
    let (key_id, scope) = credential.split_once('/').ok_or(Unsigned::Missing)?;
    let session = state.session(key_id).ok_or(Unsigned::UnknownKey)?;
    let header_text =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header_text("x-amz-security-token") != session.session_token {
        return Err(Unsigned::UnknownKey);
    }
    if session.expires <= now() {
        return Err(Unsigned::Expired);
    }
    let canonical_headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", header_text(name).trim())).collect();
    let canonical = format!(
        "{method}\n{}\n{}\n{canonical_headers}\n{signed}\n{}",
        uri.path(),
        uri.query().unwrap_or_default(),
        hex(&Sha256::digest(body))
    );
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        header_text("x-amz-date"),
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let first = format!("AWS4{}", session.secret_access_key).into_bytes();
    let key = scope.split('/').fold(first, |key, part| hmac(&key, part.as_bytes()));
    if hex(&hmac(&key, to_sign.as_bytes())) == signature { Ok(session) } else { Err(Unsigned::Mismatch) }
}

/// HMAC-SHA256, RFC 2104.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.resize(BLOCK, 0);
    let pad = |with: u8| block.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_of_rfc_4231() {
        // Test cases 2 and 6.
        assert_eq!(
            hex(&hmac(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
