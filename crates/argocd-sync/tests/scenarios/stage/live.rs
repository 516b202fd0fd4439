//! The end state, as scenarios look at it.

/// An application at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    /// The phase of the last operation.
    pub(crate) phase: Option<String>,
    /// The revision of the last operation's result.
    pub(crate) synced_revision: Option<String>,
    /// What was deployed, oldest first: the revision of each source.
    pub(crate) history: Vec<Vec<String>>,
    /// ConfigMaps and Jobs, as `KIND/NAME`.
    pub(crate) objects: Vec<String>,
    /// All pods, the leaving ones too.
    pub(crate) pods: Vec<LivePod>,
}

/// A pod at one moment.
#[derive(Debug, Clone)]
pub(crate) struct LivePod {
    /// Its image.
    pub(crate) image: String,
    /// What `kubectl get pods` says: `Running`, `Terminating`, `ImagePullBackOff` …
    pub(crate) reason: String,
    /// Whether the active service selects it.
    pub(crate) active: bool,
}

impl Live {
    /// Whether there is a ConfigMap or Job, as `KIND/NAME`.
    pub(crate) fn has(&self, object: &str) -> bool {
        self.objects.iter().any(|found| found == object)
    }

    /// Whether every pod serves and runs an image that ends in `tag`.
    pub(crate) fn serves_only(&self, tag: &str) -> bool {
        let is_it = |pod: &LivePod| pod.active && pod.reason == "Running" && pod.image.ends_with(tag);
        !self.pods.is_empty() && self.pods.iter().all(is_it)
    }

    /// Whether a pod serves that runs an image that ends in `tag`.
    pub(crate) fn serves(&self, tag: &str) -> bool {
        self.pods.iter().any(|pod| pod.active && pod.reason == "Running" && pod.image.ends_with(tag))
    }

    /// How often a revision was deployed.
    pub(crate) fn deployments_of(&self, revision: &str) -> usize {
        self.history.iter().filter(|deployed| deployed.iter().any(|one| one == revision)).count()
    }
}
