//! What becomes of a pod: chosen by how the tag of one of its images begins, or by an annotation of the pod.
//!
//! | tag begins with | the pod |
//! |---|---|
//! | anything else | is Running and Ready at once |
//! | `missing-` | `ErrImagePull`, then `ImagePullBackOff`, with events; never runs |
//! | `crash-` | runs, exits with 1, `CrashLoopBackOff`, again and again, with events and log lines |
//! | `recovers-` | crashes as above, and runs well from its second start on, 4 s later |
//! | `slow-` | runs at once and is Ready after 3 s |
//! | `drains-` | is Ready at once; once deleted it stays Terminating for 4 s |
//!
//! Pods of Jobs complete half a second after they run; with `crash-` they fail. A pod is otherwise deleted as soon as it
//! is asked to. A tag need not end after the word: `crash-0123abc` has it as well.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The annotation of a pod that takes the place of the tag's beginning: `missing`, `crash`, `recovers`, `slow`, `drains`.
pub const ANNOTATION: &str = "day2.test/fate";
/// The annotation with how long a `slow` pod takes until it is Ready, or a `recovers` pod until it runs again: `1s`.
pub const AFTER: &str = "day2.test/after";
/// The annotation with how long any pod stays Terminating: `10s`.
pub const DRAIN: &str = "day2.test/drain";

/// The manifest of a hook that Argo CD waits for before it syncs: a Job whose pod runs for so long.
pub fn slow_hook(time: Duration) -> String {
    let (slow, millis) = (Fate::Slow.word(), time.as_millis());
    format!(
        "apiVersion: batch/v1
kind: Job
metadata:
  name: takes-its-time
  annotations:
    argocd.argoproj.io/hook: PreSync
spec:
  template:
    metadata:
      annotations:
        {ANNOTATION}: {slow}
        {AFTER}: {millis}ms
    spec:
      restartPolicy: Never
      containers:
        - name: hook
          image: example.com/hook:1
"
    )
}

/// What becomes of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// Its image is nowhere.
    Missing,
    /// It ends with an error whenever it is started.
    Crash,
    /// It ends with an error when it is first started.
    Recovers,
    /// It takes its time until it is ready.
    Slow,
    /// It takes its time until it is gone.
    Drains,
}

impl Fate {
    /// The word in the tag and in the annotation.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Crash => "crash",
            Self::Recovers => "recovers",
            Self::Slow => "slow",
            Self::Drains => "drains",
        }
    }

    /// A tag with this fate.
    pub fn tag(self, rest: &str) -> String {
        format!("{}-{rest}", self.word())
    }

    /// A query of a pod (jq) that is true where it has this fate.
    pub(crate) fn query(self) -> String {
        let word = self.word();
        format!(
            "(.metadata.annotations[\"{ANNOTATION}\"] == \"{word}\") or \
             ([.spec.containers[].image | test(\":{word}-[^/]*$\")] | any)"
        )
    }
}
