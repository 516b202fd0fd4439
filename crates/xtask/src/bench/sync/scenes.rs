//! What goes wrong in real pipelines, as it is played to both ways.

use std::time::Duration;

use serde_json::{Value, json};

use super::place::{Place, Shape};

/// The tag that is deployed.
pub(super) const NEW: &str = "2222222222222222222222222222222222222222";
/// A later one of somebody else.
const NEWER: &str = "3333333333333333333333333333333333333333";
/// How long an operation of a scenario takes that somebody comes in between.
const HOLD: Duration = Duration::from_secs(5);

/// What must come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Success, with the new image serving.
    Live,
    /// Success, with the new image serving and no old pod left.
    Alone,
    /// Failure, whose text has one of these words in it.
    Failure(&'static [&'static str]),
}

/// A scenario.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    /// As the page has it.
    pub(super) title: &'static str,
    pub(super) want: Want,
    pub(super) kind: Kind,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Just this tag.
    Tag(&'static str),
    OldPods,
    Busy,
    TakenOver,
    Terminated,
    AutoSync,
    OnTop,
    Pinned,
    WasDegraded(&'static str),
    NoApplication,
    Forbidden,
    IdleCut,
    Restart,
}

/// A commit and what is wanted of it.
pub(super) struct Push {
    pub(super) revision: String,
    pub(super) tag: &'static str,
}

/// All of them, in the page's order.
pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "old-pods",
        title: "Nothing goes wrong; the old pods serve open connections for 5 s after the cutover, and the pipeline \
                wants them gone",
        want: Want::Alone,
        kind: Kind::OldPods,
    },
    Scene {
        name: "busy",
        title: "Another pipeline's operation for another commit runs for 5 s",
        want: Want::Live,
        kind: Kind::Busy,
    },
    Scene {
        name: "taken-over",
        title: "A person ends the operation, pushes another image on top, and syncs that",
        want: Want::Failure(&["terminated"]),
        kind: Kind::TakenOver,
    },
    Scene {
        name: "terminated",
        title: "A person ends the operation",
        want: Want::Failure(&["terminated"]),
        kind: Kind::Terminated,
    },
    Scene {
        name: "auto-sync",
        title: "Auto-sync is on, and the pipeline names its commit",
        want: Want::Live,
        kind: Kind::AutoSync,
    },
    Scene {
        name: "on-top",
        title: "Auto-sync is on, so the CLI names no commit; somebody has pushed another image on top",
        want: Want::Failure(&["contains ours"]),
        kind: Kind::OnTop,
    },
    Scene {
        name: "pinned",
        title: "Somebody has set the image's tag in the application, so that another image than the commit's runs",
        want: Want::Failure(&["image"]),
        kind: Kind::Pinned,
    },
    Scene {
        name: "missing",
        title: "The image is not in the registry",
        want: Want::Failure(&["ImagePull"]),
        kind: Kind::Tag("missing-44444444444444444444444444444444"),
    },
    Scene {
        name: "crash",
        title: "The new pods crash",
        want: Want::Failure(&["the database refused the connection"]),
        kind: Kind::Tag("crash-5555555555555555555555555555555555"),
    },
    Scene {
        name: "recovers",
        title: "The new pods crash once and then run",
        want: Want::Live,
        kind: Kind::Tag("recovers-66666666666666666666666666666666"),
    },
    Scene {
        name: "was-degraded",
        title: "The application is Degraded from before, and the new image is good",
        want: Want::Live,
        kind: Kind::WasDegraded(NEW),
    },
    Scene {
        name: "stays-degraded",
        title: "The application is Degraded from before, and the new pods crash as well",
        want: Want::Failure(&["the database refused the connection"]),
        kind: Kind::WasDegraded("crash-7777777777777777777777777777777777"),
    },
    Scene {
        name: "no-application",
        title: "The application does not exist",
        want: Want::Failure(&["not exist", "not found", "no application"]),
        kind: Kind::NoApplication,
    },
    Scene {
        name: "forbidden",
        title: "The token may not sync",
        want: Want::Failure(&["applications, sync"]),
        kind: Kind::Forbidden,
    },
    Scene {
        name: "idle-cut",
        title: "A load balancer cuts connections that are idle for 3 s, while an operation runs for 10 s",
        want: Want::Live,
        kind: Kind::IdleCut,
    },
    Scene {
        name: "restart",
        title: "Argo CD's server is restarted while an operation runs for 10 s",
        want: Want::Live,
        kind: Kind::Restart,
    },
];

impl Scene {
    /// What the application is like.
    pub(super) fn shape(&self) -> Shape {
        let plain = Shape::default();
        match self.kind {
            Kind::OldPods => Shape { keeps_old: 5, ..plain },
            Kind::AutoSync | Kind::OnTop => Shape { auto_sync: true, ..plain },
            Kind::Pinned => Shape { pinned: true, ..plain },
            Kind::WasDegraded(_) => Shape { deadline: 3, ..plain },
            _ => plain,
        }
    }

    /// A connection that is idle for so long is cut.
    pub(super) fn cut_idle(&self) -> Option<Duration> {
        (self.kind == Kind::IdleCut).then_some(Duration::from_secs(3))
    }

    /// Whether the CLI can be told the revision.
    pub(super) fn tells_revision(&self) -> bool {
        self.kind != Kind::OnTop
    }

    /// What happens before the pipeline syncs, its own push included.
    pub(super) async fn before(&self, place: &Place<'_>) -> Result<Push, String> {
        let mut tag = NEW;
        match self.kind {
            Kind::Busy => {
                let revision = place.hook("theirs", HOLD).await?;
                place.press_sync(&json!({ "revision": revision })).await?;
                place.until(is_running).await?;
            }
            Kind::TakenOver | Kind::Terminated => drop(place.hook("dev", HOLD).await?),
            Kind::IdleCut | Kind::Restart => drop(place.hook("dev", 2 * HOLD).await?),
            Kind::WasDegraded(next) => {
                let revision = place.bump("crash-8888888888888888888888888888888888").await?;
                place.press_sync(&json!({ "revision": revision })).await?;
                place.until(|app| app["status"]["health"]["status"] == "Degraded").await?;
                tag = next;
            }
            Kind::Tag(which) => tag = which,
            _ => {}
        }
        let revision = place.bump(tag).await?;
        if self.kind == Kind::OnTop {
            place.bump(NEWER).await?;
        }
        Ok(Push { revision, tag })
    }

    /// What happens while it syncs.
    pub(super) async fn meanwhile(&self, place: &Place<'_>) -> Result<(), String> {
        if !matches!(self.kind, Kind::TakenOver | Kind::Terminated | Kind::Restart) {
            return Ok(());
        }
        place.until(is_running).await?;
        if self.kind == Kind::Restart {
            tokio::time::sleep(HOLD).await;
            return place.world.state.restart("argocd-server").await.map_err(|error| error.to_string());
        }
        if self.kind == Kind::TakenOver {
            place.bump(NEWER).await?;
        }
        place.terminate().await?;
        if self.kind == Kind::TakenOver {
            place.press_sync(&json!({})).await?;
        }
        Ok(())
    }
}

fn is_running(app: &Value) -> bool {
    app["status"]["operationState"]["phase"] == "Running"
}
