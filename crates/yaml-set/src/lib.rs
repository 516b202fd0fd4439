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
//! # Values
//!
//! A value is always a string: where a YAML 1.1 or 1.2 reader would see a number, a boolean, a date or null
//! in the plain text, quotes are put around it. Quotes that are there stay, and so do the header and the indentation
//! of a block scalar; a block scalar that cannot hold a value is refused. The line breaks at the end of a block scalar
//! are not the value's: header and layout say how many there are, so `v1` and `v1` with a line break set the same.
//!
//! ```
//! # use yaml_set::{Edit, set};
//! # fn edited(text: &str, path: &str, value: &str) -> Result<String, Box<dyn std::error::Error>> {
//! #     Ok(set(text, &[Edit::new(path.parse()?, value)])?.text)
//! # }
//! assert_eq!(edited("a: 'v1'\n", "a", "it's")?, "a: 'it''s'\n");
//! assert_eq!(edited("a: v1\n", "a", "x: y")?, "a: \"x: y\"\n");
//! assert_eq!(edited("a:   # nothing yet\n", "a", "v1")?, "a: v1   # nothing yet\n");
//! assert_eq!(edited("a: |-\n    v1\nb: 1\n", "a", "x\ny")?, "a: |-\n    x\n    y\nb: 1\n");
//! assert_eq!(edited("a: |\n  v1\n", "a", "v2")?, edited("a: |\n  v1\n", "a", "v2\n")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Paths
//!
//! See [`Path`] for every form, and [`DocumentSelector`] for the choice of a document. Without one, the path may
//! lead to a scalar in any document, but in one only. With `[*]` it leads to all there are, and each [`Change`] has
//! the path of one; items that lack the rest of the path are passed over.
//!
//! ```
//! # use yaml_set::{Edit, set};
//! let text = "containers:\n- {name: web, image: r:1}\n- {name: log}\n- {name: job, image: r:1}\n---\nimage: x\n";
//! let edited = set(text, &[Edit::new("containers[*].image".parse()?, "r:2")])?;
//! assert_eq!(edited.text, text.replace("r:1", "r:2"));
//! let paths: Vec<String> = edited.changes.iter().map(|change| change.path.to_string()).collect();
//! assert_eq!(paths, ["@1.containers[0].image", "@1.containers[2].image"]);
//!
//! let edited = set(text, &[Edit::new("containers[name=job].image".parse()?, "r:2")])?;
//! assert_eq!(edited.text, "containers:\n- {name: web, image: r:1}\n- {name: log}\n- {name: job, image: r:2}\n---\nimage: x\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Insertion
//!
//! A path that leads nowhere is an error that says how far it leads. With [`Edit::creating`] what is missing is
//! inserted, below the last entry of the nearest mapping or sequence that is there, and indented as that is: keys,
//! mappings on the way, an item for `[name=web]`; but never an item for `[0]` or `[*]`, a document, or a key with
//! dots that was not written as one. Edits share what they both need. No byte goes.
//!
//! ```
//! # use yaml_set::{Edit, set};
//! let create = |path: &str, value: &str| Ok::<_, yaml_set::PathError>(Edit::new(path.parse()?, value).creating(true));
//! let edits = [create("images[name=web].newTag", "1.20")?, create("images[name=web].newName", "r/web")?];
//! let text = "resources:\n  - base  # the chart\n\n# end\n";
//! let edited = set(text, &edits)?;
//! assert_eq!(
//!     edited.text,
//!     "resources:\n  - base  # the chart\nimages:\n  - name: web\n    newTag: \"1.20\"\n    newName: r/web\n\n# end\n"
//! );
//! assert!(edited.changes[0].created);
//! assert_eq!(set("{\"a\": {\"b\": 1}}", &[create("a.c", "x")?])?.text, "{\"a\": {\"b\": 1, \"c\": \"x\"}}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Anchors
//!
//! A value that an anchor shares, and a key that only `<<` brings in, are refused, since more would change than was
//! asked for. With [`Edit::following_aliases`] the value is set where it is written, and [`Change::also`] lists all
//! other places where readers see it.
//!
//! ```
//! # use yaml_set::{Edit, set};
//! let text = "base: &base\n  tag: v1\nweb:\n  <<: *base\njob:\n  <<: *base\n  tag: own\n";
//! let edit = Edit::new("web.tag".parse()?, "v2");
//! let refused = set(text, std::slice::from_ref(&edit)).unwrap_err();
//! assert_eq!(refused.to_string(), "`web.tag` comes from line 2 through `<<` on line 4");
//!
//! let edited = set(text, &[edit.following_aliases(true)])?;
//! assert_eq!(edited.text, text.replace("v1", "v2"));
//! let also: Vec<String> = edited.changes[0].also.iter().map(|place| place.path.to_string()).collect();
//! assert_eq!(also, ["base.tag"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Refusals
//!
//! [`SetError`] says what is wrong and where, and [`SetError::remedy`] what to do. Nothing is set unless all edits
//! can be. Files that are no YAML are refused, Helm templates by name; so are duplicate keys on the way, values with
//! a tag such as `!!int`, and bytes that are not UTF-8 ([`decode`]). So is what readers of YAML 1.1 and 1.2 would see
//! in different places: line breaks that only some of them know, tabs on blank lines after a value that needs quotes,
//! `{key:}`, and anchors such as `&a:b`.
//!
//! Time and memory grow with the length of the text, however many places one edit has.

mod alike;
mod breaks;
mod documents;
mod edit;
mod error;
mod fresh;
mod helm;
mod insert;
mod keys;
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
