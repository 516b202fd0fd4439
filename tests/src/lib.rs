//! Support for the end-to-end tests: the built binary in a scrubbed environment, and the product in a sandbox.

mod binary;
mod product;
mod step;

pub use binary::day2;
pub use product::{Product, REPOSITORY};
pub use step::{Finished, Step, outputs};
