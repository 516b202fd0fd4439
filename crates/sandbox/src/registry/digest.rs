//! Digests as text.

use sha2::{Digest, Sha256};

/// Returns the digest of `bytes`.
pub(super) fn of(bytes: &[u8]) -> String {
    finish(Sha256::new_with_prefix(bytes))
}

/// Returns the digest of what `hasher` was fed.
pub(super) fn finish(hasher: Sha256) -> String {
    hasher.finalize().iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// Whether `text` is a SHA-256 digest.
pub(super) fn is_valid(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}
