//! Pods: what they do, and how Argo CD calls it.

/// What a pod is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PodState {
    /// Its container is made.
    Creating,
    /// The image could not be pulled.
    PullError,
    /// The kubelet waits before it pulls again.
    PullBackOff,
    /// The image's name cannot be parsed.
    InvalidImage,
    /// Ready.
    Running,
    /// The container ends again and again.
    CrashLoop,
    /// Deleted, within its grace period.
    Terminating,
}

/// A pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pod {
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) created: i64,
    pub(super) restarts: u32,
    pub(super) state: PodState,
}

impl PodState {
    /// What `kubectl get pods` and the tree's `Status Reason` say.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Creating => "ContainerCreating",
            Self::PullError => "ErrImagePull",
            Self::PullBackOff => "ImagePullBackOff",
            Self::InvalidImage => "InvalidImageName",
            Self::Running => "Running",
            Self::CrashLoop => "CrashLoopBackOff",
            Self::Terminating => "Terminating",
        }
    }

    /// Health as Argo CD's health_pod.go has it: waiting for `Err*`, `*Error` or `*BackOff` is Degraded at once.
    pub(super) fn health(self) -> &'static str {
        match self {
            Self::PullError | Self::PullBackOff | Self::CrashLoop => "Degraded",
            Self::Creating | Self::InvalidImage | Self::Terminating => "Progressing",
            Self::Running => "Healthy",
        }
    }
}
