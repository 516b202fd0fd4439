//! Support for the end-to-end tests: the built binary in a scrubbed environment, and the product in a sandbox.

#![expect(clippy::expect_used, reason = "support for tests: a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "a test builds the environment of the program under test")]

mod binary;
mod product;
mod step;

pub use binary::day2;
pub use product::{Product, REPOSITORY, Variables};
pub use step::{Finished, Step, outputs};
