//! The one key that nobody else makes: the one that signs tokens of ServiceAccounts.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use rsa::{RsaPrivateKey, pkcs1::EncodeRsaPrivateKey, pkcs1::LineEnding};

use crate::Error;

/// Writes a new RSA key for `--service-account-signing-key-file`.
pub(crate) fn signing(path: &Path) -> Result<(), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::new(format!("cannot make a key: {error}"));
    let key = RsaPrivateKey::new(&mut rand::thread_rng(), 2048).map_err(|error| failed(&error))?;
    let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(|error| failed(&error))?;
    private(path, &pem)
}

/// Writes a file that only its owner reads.
pub(crate) fn private(path: &Path, text: &str) -> Result<(), Error> {
    let what = format!("cannot write {}", path.display());
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::of(what))
}

/// A token of 32 hexadecimal digits.
pub(crate) fn token() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::new(format!("no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
