//! What an action is, for the program, its `action.yml`, its README and docs/errors.md.

use model::Code;

/// An output of an action.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// The name, in kebab case.
    pub name: &'static str,
    /// What it holds, one sentence.
    pub description: &'static str,
}

/// A permission that an action's token needs.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    /// The key under `permissions:`.
    pub scope: &'static str,
    /// `read` or `write`.
    pub access: &'static str,
    /// What it is needed for.
    pub why: &'static str,
}

/// The public face of one action.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The name: `bump-values`.
    pub name: &'static str,
    /// One line without a full stop, for listings.
    pub summary: &'static str,
    /// A paragraph or two of Markdown for the README.
    pub about: &'static str,
    /// The arguments, which are the inputs.
    pub command: fn() -> clap::Command,
    /// The outputs, in the order in which they are shown.
    pub outputs: &'static [Output],
    /// The failures that only this action has.
    pub codes: &'static [&'static Code],
    /// What the job's token needs, at least.
    pub permissions: &'static [Permission],
    /// Defaults that are expressions of the workflow, such as `${{ github.token }}`.
    pub input_defaults: &'static [(&'static str, &'static str)],
    /// Steps of a workflow, as YAML, for the README.
    pub example: &'static str,
}
