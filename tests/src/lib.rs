//! Support for the end-to-end tests: the built binary in a scrubbed environment.

mod binary;
mod step;

pub use binary::day2;
pub use step::{Finished, Step, outputs};
