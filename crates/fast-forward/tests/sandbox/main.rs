//! The action against a sandbox GitHub: real commits, real merges, the tokens of runs.

#[cfg(test)]
mod app;
#[cfg(test)]
mod closed;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod ladder;
#[cfg(test)]
#[path = "../../../../tests/support/least.rs"]
mod least;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod promotions;
#[cfg(test)]
mod protected;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod source;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod world;
