//! The GitHub Actions runtime: inputs, outputs, masks, annotations, groups, summary, event payload, OIDC token
