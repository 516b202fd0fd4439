//! Everything that is observed of one application, through one channel: the stream, refreshes, and its pods.

use std::time::Duration;

use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinSet,
    time::Instant,
};
use toolkit::Backoff;

use crate::{
    api::{ApiError, ArgoCd, Refresh},
    pods::Pods,
    stream,
    wire::Application,
};

/// One observation.
#[derive(Debug)]
pub(crate) enum News {
    /// A state of the application, from the stream.
    Application(Box<Application>),
    /// The application was deleted.
    Deleted,
    /// The state after the controller was made to assess the application, by the refresh with this number.
    Refreshed(u32, Box<Application>),
    /// The pods, as the look with this number found them.
    Pods(u32, Pods),
    /// An error that will not pass.
    Error(ApiError),
}

/// Observes one application. Dropping it ends all that it has started.
#[derive(Debug)]
pub(crate) struct Observer {
    argocd: ArgoCd,
    tasks: JoinSet<()>,
    sender: Sender<News>,
    receiver: Receiver<News>,
    looks: u32,
    refreshes: u32,
}

impl Observer {
    /// Starts with the stream of what comes after a resource version.
    pub(crate) fn start(argocd: &ArgoCd, resource_version: &str) -> Self {
        let (sender, receiver) = mpsc::channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(stream::watch(argocd.clone(), resource_version.to_owned(), sender.clone()));
        Self { argocd: argocd.clone(), tasks, sender, receiver, looks: 0, refreshes: 0 }
    }

    /// Returns the next observation, or none at `until`.
    pub(crate) async fn next(&mut self, until: Instant) -> Option<News> {
        // The channel cannot close, since `self` holds a sender.
        tokio::time::timeout_at(until, self.receiver.recv()).await.ok().flatten()
    }

    /// Makes the controller assess the application after a while, tried until it works, and returns the refresh's number.
    pub(crate) fn refresh(&mut self, after: Duration) -> u32 {
        self.refreshes += 1;
        let (argocd, sender, number) = (self.argocd.clone(), self.sender.clone(), self.refreshes);
        self.tasks.spawn(async move {
            tokio::time::sleep(after).await;
            let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
            let news = loop {
                match argocd.read(Refresh::Normal).await {
                    Ok(application) => break News::Refreshed(number, Box::new(application)),
                    Err(error) if error.may_pass() => tokio::time::sleep(backoff.next_delay()).await,
                    Err(error) => break News::Error(error),
                }
            };
            // Nobody listens any more: nothing is lost.
            let _ = sender.send(news).await;
        });
        number
    }

    /// Lists the pods and returns the look's number, with which they come. A look that fails brings nothing.
    pub(crate) fn look(&mut self) -> u32 {
        self.looks += 1;
        let (argocd, sender, number) = (self.argocd.clone(), self.sender.clone(), self.looks);
        self.tasks.spawn(async move {
            match argocd.tree().await {
                Ok(tree) => drop(sender.send(News::Pods(number, Pods::of(&tree))).await),
                Err(error) => tracing::debug!("the resource tree cannot be read: {error}"),
            }
        });
        number
    }
}
