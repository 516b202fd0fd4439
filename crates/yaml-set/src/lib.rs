//! Sets scalars in YAML and leaves every other byte as it is.
//!
//! There is no emitter in here. The text is parsed for byte spans, the new token is spliced over the old
//! one in the old one's style, and the result is parsed again: it is returned only if nothing but the
//! wanted leaves differs, comments included. What cannot be proven is refused with a reason.
//!
//! ```
//! use yaml_set::{Edit, set};
//!
//! let text = "image:\n  tag: v1   # set by the pipeline\n";
//! let edited = set(text, &[Edit::new("image.tag".parse()?, "1.20")])?;
//! assert_eq!(edited.text, "image:\n  tag: \"1.20\"   # set by the pipeline\n");
//! assert_eq!(edited.changes[0].old.as_deref(), Some("v1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A value is always a string: where a YAML 1.1 or 1.2 reader would see a number, a boolean, a date or null
//! in the plain text, quotes are put around it.

mod documents;
mod edit;
mod error;
mod fresh;
mod helm;
mod insert;
mod lines;
mod locate;
mod lookup;
mod missing;
mod nearby;
mod path;
mod plan;
mod prove;
mod resolve;
mod scalars;
mod sharing;
mod splice;
mod token;
mod tree;

pub use edit::{Change, Edit, Edited, Place, decode, set};
pub use error::SetError;
pub use path::{Condition, DocumentSelector, Path, PathError, Segment, split_top_level};
pub use scalars::{Scalar, aliases, scalars};
