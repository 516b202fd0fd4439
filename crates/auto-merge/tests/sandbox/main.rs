//! The action against a sandbox GitHub: real commits, real merges, the tokens of runs.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod clearing;
#[cfg(test)]
mod comment;
#[cfg(test)]
mod doubt;
#[cfg(test)]
mod fail_on;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod instead;
#[cfg(test)]
#[path = "../../../../tests/support/least.rs"]
mod least;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod races;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod world;
