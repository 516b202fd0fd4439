//! What signing in gives.

use model::Secret;

use crate::{AccountId, Keys, Region};

/// Keys, and whose they are.
#[derive(Debug, Clone)]
pub struct Session {
    /// The keys.
    pub keys: Keys,
    /// The caller by AWS's own word: `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, or a user's ARN.
    pub arn: String,
    /// The account of the caller.
    pub account: AccountId,
    /// When the keys end, RFC 3339; none if they do not, or if their source does not say.
    pub expires_at: Option<String>,
}

/// A credential for the registries of one region, or for the public gallery.
#[derive(Debug, Clone)]
pub struct Token {
    /// The region that it is for.
    pub region: Region,
    /// The host of the identity's own registry, or the public gallery's.
    pub host: String,
    /// The base64 text of `AWS:password`, as Docker's configuration holds it.
    pub auth: Secret,
    /// When it ends, RFC 3339: twelve hours after it was made.
    pub expires_at: String,
}
