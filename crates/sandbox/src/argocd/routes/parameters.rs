//! Query parameters, some of which are repeated.

use serde::Deserialize;

/// The pairs of a query, in order.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Returns a parameter's value, none if it is absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter's value, empty if it is absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Returns the projects that an ApplicationQuery names: `project` before `projects`.
    pub(super) fn projects(&self) -> Vec<&str> {
        let of = |name: &str| -> Vec<&str> {
            let values = self.0.iter().filter(|(found, value)| found == name && !value.is_empty());
            values.map(|(_, value)| value.as_str()).collect()
        };
        Some(of("project")).filter(|projects| !projects.is_empty()).unwrap_or_else(|| of("projects"))
    }
}
