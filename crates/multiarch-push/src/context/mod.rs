//! What COPY can choose from: the build context with its `.dockerignore`, and the files of an earlier stage.

mod directory;
mod ignore;
mod links;
mod pattern;
mod place;
mod tree;

pub(crate) use directory::Context;
pub(crate) use ignore::Ignore;
pub(crate) use links::{Last, lay, remove, remove_below, resolve};
pub(crate) use pattern::{clean as clean_path, compile};
pub(crate) use place::{Destination, place};
pub(crate) use tree::{Node, NodeKind, Source, Tree};
