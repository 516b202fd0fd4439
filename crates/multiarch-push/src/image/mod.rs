//! What an image consists of: layers, configuration, manifest and index, and how a Dockerfile becomes them.

mod assemble;
mod base;
mod config;
mod layer;
pub(crate) mod oci;
mod scope;
mod skeleton;
mod stage;
mod variant;

pub(crate) use assemble::{Assembly, Inputs, assemble};
pub(crate) use base::{BaseOf, base_of};
pub(crate) use config::ImageConfig;
pub(crate) use layer::{Layer, write_layer};
pub(crate) use scope::BuildArgs;
pub(crate) use variant::{BaseImage, Variant};
