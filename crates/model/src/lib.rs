//! Domain values, parsed at the edge.
//!
//! Each type is built by `FromStr` (or a named constructor) and is valid from then on, so that no other
//! code checks a tag, a digest or a branch name again.

mod branch;
mod commit_sha;
mod deadline;
mod digest;
mod failure;
mod image_ref;
mod parse_error;
mod platform;
mod repo_slug;
mod secret;
mod tag;

pub use branch::Branch;
pub use commit_sha::CommitSha;
pub use deadline::{Deadline, parse_duration};
pub use digest::Digest;
pub use failure::{Code, Exit, Failure, Location, codes};
pub use image_ref::{ImageName, ImageRef};
pub use parse_error::ParseError;
pub use platform::Platform;
pub use repo_slug::RepoSlug;
pub use secret::Secret;
pub use tag::Tag;
