//! Phases: of a sync, and of what runs in it.

/// A phase of a sync, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SyncPhase {
    PreSync,
    Sync,
    PostSync,
    SyncFail,
}

impl SyncPhase {
    /// What Argo CD calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PreSync => "PreSync",
            Self::Sync => "Sync",
            Self::PostSync => "PostSync",
            Self::SyncFail => "SyncFail",
        }
    }

    /// Reads `argocd.argoproj.io/hook`.
    pub(super) fn of_hook(word: &str) -> Option<Self> {
        [Self::PreSync, Self::Sync, Self::PostSync, Self::SyncFail].into_iter().find(|one| one.name() == word)
    }

    /// Reads `helm.sh/hook`: gitops-engine's hook/helm/type.go.
    pub(super) fn of_helm_hook(word: &str) -> Option<Self> {
        match word {
            "crd-install" | "pre-install" | "pre-upgrade" => Some(Self::PreSync),
            "post-install" | "post-upgrade" => Some(Self::PostSync),
            _ => None,
        }
    }
}

/// `phase` of an operation, and `hookPhase` of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    Terminating,
    Succeeded,
    Failed,
    Error,
}

impl Phase {
    /// What Argo CD calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Terminating => "Terminating",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Error => "Error",
        }
    }

    /// Whether it is an end.
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Error)
    }
}
