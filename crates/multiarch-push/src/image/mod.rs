//! What an image consists of: layers, configuration, manifest and index, and how a Dockerfile becomes them.

mod archive;
mod assemble;
mod base;
mod beneath;
pub(crate) mod compress;
mod config;
pub(crate) mod filesystem;
mod hashing;
mod layer;
pub(crate) mod oci;
mod scope;
mod skeleton;
mod split;
mod stage;
pub(crate) mod unpack;
mod variant;

pub(crate) use assemble::{Assembly, Base, Inputs, assemble};
pub(crate) use base::{BaseOf, base_of};
pub(crate) use beneath::{Beneath, doubtful};
pub(crate) use config::ImageConfig;
pub(crate) use filesystem::FileSystems;
pub(crate) use layer::{Layer, LayerCache, LayerFile, LayerFiles, Maker};
pub(crate) use scope::BuildArgs;
pub(crate) use skeleton::{is_standard, over_base};
pub(crate) use split::Dependencies;
pub(crate) use variant::{BaseImage, Variant};
