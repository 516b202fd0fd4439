use std::sync::LazyLock;

use octocrab::jsonwebtoken::{DecodingKey, Validation};
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey as _, LineEnding},
    pkcs8::{EncodePrivateKey as _, EncodePublicKey as _},
};

use super::*;

/// One key in both forms, and its public half.
struct Pems {
    pkcs1: String,
    pkcs8: String,
    public: String,
}

static PEMS: LazyLock<Pems> = LazyLock::new(|| {
    let key = RsaPrivateKey::new(&mut rand::thread_rng(), 2048).unwrap();
    Pems {
        pkcs1: key.to_pkcs1_pem(LineEnding::LF).unwrap().to_string(),
        pkcs8: key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(),
        public: key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap(),
    }
});

fn read(pem: &str) -> Result<EncodingKey, String> {
    read_key(&Secret::new(pem)).map_err(|failure| failure.to_string())
}

/// The claims of a token that the test key has signed.
fn claims(token: &Secret) -> serde_json::Value {
    let key = DecodingKey::from_rsa_pem(PEMS.public.as_bytes()).unwrap();
    let validation = Validation::new(Algorithm::RS256);
    jsonwebtoken::decode::<serde_json::Value>(token.expose(), &key, &validation).unwrap().claims
}

#[test]
fn both_forms_of_a_key_are_read_however_their_line_breaks_were_pasted() {
    for pem in [&PEMS.pkcs1, &PEMS.pkcs8] {
        let pasted = [
            pem.clone(),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', "\\n"),
            pem.replace('\n', "\\r\\n"),
            pem.trim().replace('\n', " "),
            format!("\"{}\"", pem.trim().replace('\n', "\\n")),
            format!("\n  {}", pem.trim()),
        ];
        for text in pasted {
            let key = read(&text).unwrap_or_else(|error| panic!("{error}: {}", &text[..60]));
            assert_eq!(claims(&sign("123", &key).unwrap())["iss"], "123");
        }
    }
}

#[test]
fn the_token_lives_less_than_ten_minutes_from_a_minute_ago() {
    let key = read(&PEMS.pkcs1).unwrap();
    let claims = claims(&sign(" Iv23abcDEF45 ", &key).unwrap());
    assert_eq!(claims["iss"], "Iv23abcDEF45");
    let (iat, exp) = (claims["iat"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
    assert_eq!(exp - iat, 600);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((55..=120).contains(&(now - iat)), "{iat} {now}");
}

#[test]
fn what_is_no_private_key_is_named_and_not_shown() {
    let pem = &PEMS.pkcs1;
    let cut = &pem[..pem.len() / 2];
    let broken = pem.replace(&pem[40..60], "AAAA");
    let shown: Vec<String> =
        ["hunter2", &PEMS.public, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx", cut, &broken]
            .into_iter()
            .map(|text| match read(text) {
                Ok(key) => sign("1", &key).unwrap_err().to_string(),
                Err(error) => error,
            })
            .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    `app-private-key` cannot be used: it is no PEM file: there is no line `-----BEGIN RSA PRIVATE KEY-----` (app-key-invalid)
    `app-private-key` cannot be used: it is `PUBLIC KEY`, not an RSA private key without a passphrase (app-key-invalid)
    `app-private-key` cannot be used: it is `ENCRYPTED PRIVATE KEY`, not an RSA private key without a passphrase (app-key-invalid)
    `app-private-key` cannot be used: it is cut off: there is no line `-----END RSA PRIVATE KEY-----` (app-key-invalid)
    `app-private-key` cannot be used: what is between its first and last line is no RSA key (app-key-invalid)
    ");
    assert!(!shown.join("").contains("hunter2"));
}

#[test]
fn an_app_id_is_a_number_or_a_client_id() {
    let key = read(&PEMS.pkcs1).unwrap();
    for bad in ["", "deploy bot", "https://github.com/apps/x"] {
        assert_eq!(sign(bad, &key).unwrap_err().code.id, "invalid-input", "{bad}");
    }
    for good in ["123456", "Iv1.8a61f9b3a7aba766", "Iv23liABCDEF"] {
        assert!(sign(good, &key).is_ok(), "{good}");
    }
}
