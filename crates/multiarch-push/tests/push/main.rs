//! Pushes against the sandbox's registry; each test asserts what the registry holds afterwards.

mod assembly;
mod builders;
mod faults;
mod interrupted;
mod layouts;
mod refusals;
mod stage;
mod tags;
