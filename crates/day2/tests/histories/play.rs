//! A history being played.

use std::collections::{HashMap, VecDeque};

use clap::ArgMatches;
use sandbox::turnstile::{Held, Turnstile};
use serde_json::Value;

use crate::{
    figures::Figures,
    model::Book,
    runs::Run,
    steps::{Dice, Gate, Moment, Setup, Step, View, Who, next, script},
    world::Home,
};

/// Steps of a history, before all runs are let go to their ends.
const STEPS: usize = 50;
/// So often is yielded without anything happening before everybody is taken to wait: a call takes about ten turns.
const QUIET: u32 = 25;
/// Calls that runs may make once nobody disturbs them any more.
const MOST_CALLS: u32 = 600;

/// All that there is in a history.
pub(crate) struct Play<'a> {
    pub home: &'a Home,
    pub setup: Setup,
    pub slug: String,
    pub turnstile: Turnstile,
    pub matches: ArgMatches,
    pub figures: &'a mut Figures,
    /// The pull requests from head to base, of which the last one is worked on.
    pub books: Vec<Book>,
    pub runs: Vec<Run>,
    /// Which run has which token.
    pub by_token: HashMap<String, usize>,
    /// Events for which no run was started, and all payloads so far.
    pub waiting: Vec<usize>,
    pub events: Vec<(String, Value)>,
    /// Entries of the journal that were looked at.
    pub seen: usize,
    /// Tips that the head has had.
    pub tips: Vec<String>,
    /// Commits that `prod` got by merges.
    pub landed: Vec<String>,
    pub maria_writes: bool,
    /// When she could write last.
    pub maria_wrote: u64,
    pub tick: u64,
    /// What happened, in words; filled only if asked for.
    pub story: Option<Vec<String>>,
}

/// Plays the history of a number: its steps are chosen as it goes.
pub(crate) async fn random(home: &Home, number: u64, figures: &mut Figures) -> Result<(), String> {
    record(home, number, figures).await.1
}

/// The same, and returns what it was made of.
pub(crate) async fn record(
    home: &Home,
    number: u64,
    figures: &mut Figures,
) -> ((Setup, Vec<Moment>), Result<(), String>) {
    let mut dice = Dice::new(number);
    let setup = Setup::of(&mut dice);
    let mut play = Play::new(home, setup, figures).await;
    let (mut steps, mut result) = (Vec::new(), Ok(()));
    let mut planned = VecDeque::new();
    while steps.len() < STEPS && result.is_ok() {
        let view = play.view();
        if planned.is_empty() && view.active == 0 && dice.chance(40) {
            planned.extend(script(&mut dice, setup, view));
        }
        // Something comes in between now and then.
        let moment = match planned.front() {
            Some(&moment) if dice.chance(88) => {
                planned.pop_front();
                moment
            }
            _ => next(&mut dice, setup, view),
        };
        steps.push(moment);
        result = play.take(moment).await;
    }
    if result.is_ok() {
        result = play.finish().await;
    }
    ((setup, steps), result)
}

/// Plays given steps, and tells the story.
pub(crate) async fn again(home: &Home, setup: Setup, steps: &[Moment]) -> (Vec<String>, Result<(), String>) {
    let mut figures = Figures::default();
    let mut play = Play::new(home, setup, &mut figures).await;
    play.story = Some(Vec::new());
    let mut result = Ok(());
    for &moment in steps {
        result = play.take(moment).await;
        if result.is_err() {
            break;
        }
    }
    if result.is_ok() {
        result = play.finish().await;
    }
    (play.story.take().unwrap_or_default(), result)
}

impl<'a> Play<'a> {
    async fn new(home: &'a Home, setup: Setup, figures: &'a mut Figures) -> Self {
        let (slug, turnstile) = home.repository(setup).await;
        figures.histories += 1;
        let command = (auto_merge::spec().command)();
        let mut play = Self {
            home,
            matches: command.get_matches_from(arguments(setup)),
            setup,
            slug,
            turnstile,
            figures,
            books: Vec::new(),
            runs: Vec::new(),
            by_token: HashMap::new(),
            waiting: Vec::new(),
            events: Vec::new(),
            seen: 0,
            tips: Vec::new(),
            landed: Vec::new(),
            maria_writes: true,
            maria_wrote: 0,
            tick: 0,
            story: None,
        };
        play.next_pull().await;
        play.observe();
        play
    }

    fn view(&self) -> View {
        let is = |what: fn(&Book) -> bool| self.books.last().is_some_and(what);
        View {
            held: self.turnstile.held().len(),
            active: self.runs.iter().filter(|run| run.is_active()).count(),
            waiting: self.waiting.len(),
            open: is(|book| book.open),
            draft: is(|book| book.draft),
            blocked: is(|book| book.blocked),
            labelled: is(|book| book.label.is_some()),
            astray: is(|book| book.base != "prod"),
            maria_writes: self.maria_writes,
        }
    }

    /// Takes a step, and judges what it did.
    async fn take(&mut self, (seconds, step): Moment) -> Result<(), String> {
        self.figures.steps += 1;
        self.home.github().pass_seconds(seconds);
        self.tick += 1;
        match step {
            Step::Start(choice) => self.start_newest(choice),
            Step::Again(choice) => self.start_again(choice),
            Step::Cancel(choice) => self.cancel(choice),
            Step::Forward(choice) => self.start_forward(choice),
            Step::Go(choice) => {
                let held = self.held();
                if !held.is_empty() {
                    self.release(&held[usize::from(choice) % held.len()]).await?;
                }
            }
            Step::Wait => self.wait().await,
            by_people => self.happen(by_people).await,
        }
        self.observe();
        self.settle().await
    }

    /// Lets every run come to its end, undisturbed.
    async fn finish(&mut self) -> Result<(), String> {
        self.say(|| "nobody does anything any more, and checks end well".to_owned());
        for book in &self.books {
            let _ = self.home.github().set_status(&self.slug, &book.head, "ci", "success").await;
        }
        for _ in 0..MOST_CALLS {
            self.tick += 1;
            self.home.github().pass_seconds(1);
            if let Some(held) = self.held().first() {
                self.release(held).await?;
            } else if self.runs.iter().any(Run::is_active) {
                self.wait().await;
            } else {
                return self.judge_reports();
            }
            self.observe();
            self.settle().await?;
        }
        Err(format!("runs do not end within {MOST_CALLS} calls"))
    }

    /// The calls that wait, in an order that does not depend on which came first.
    fn held(&self) -> Vec<Held> {
        let mut held = self.turnstile.held();
        held.sort_by_key(|held| (self.run_of(held), held.method.clone(), held.path.clone()));
        held
    }

    pub(crate) fn run_of(&self, held: &Held) -> Option<usize> {
        self.by_token.get(held.authorization.strip_prefix("Bearer ")?).copied()
    }

    /// Until everybody waits: for the turnstile, or for time to pass.
    async fn settle(&mut self) -> Result<(), String> {
        let look =
            |play: &Self| (play.turnstile.arrivals(), play.runs.iter().filter(|run| run.has_ended()).count());
        let (mut quiet, mut last) = (0, look(self));
        while quiet < QUIET {
            tokio::task::yield_now().await;
            let now = look(self);
            quiet = if now == last { quiet + 1 } else { 0 };
            last = now;
        }
        self.collect().await
    }

    /// Time passes until somebody goes on, at most some seconds.
    async fn wait(&mut self) {
        let before = (self.turnstile.arrivals(), self.runs.iter().filter(|run| run.has_ended()).count());
        for _ in 0..20 {
            tokio::time::advance(std::time::Duration::from_millis(250)).await;
            for _ in 0..QUIET {
                tokio::task::yield_now().await;
            }
            let now = (self.turnstile.arrivals(), self.runs.iter().filter(|run| run.has_ended()).count());
            if now != before {
                break;
            }
        }
    }

    pub(crate) fn say(&mut self, text: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let line = format!("{:>3}  {}", self.tick, text());
            story.push(line);
        }
    }

    /// Writes down how things are, after whatever happened.
    pub(crate) fn observe(&mut self) {
        let github = self.home.github();
        let maria_writes = self.maria_writes;
        let may_write = |who: Who| match who {
            Who::Maria => maria_writes,
            Who::Alice | Who::Bob | Who::Bot => true,
            Who::Mallory => false,
        };
        for book in &mut self.books {
            let Some(pull) = github.pull(&self.slug, book.number) else { continue };
            let has = |label: &str| pull.labels.iter().any(|one| one == label);
            if !has("approval") {
                book.label = None;
            }
            book.blocked = has("wip");
            (book.head, book.base) = (pull.head_sha, pull.base_ref);
            (book.open, book.draft) = (pull.open, pull.draft);
            let once = book.approval(self.setup.gate, |who| who == Who::Maria || may_write(who));
            book.note(self.tick, book.approval(self.setup.gate, may_write), once);
        }
        let new = github.events_from(&self.slug, self.seen);
        self.seen += new.len();
        for event in new.into_iter().filter(|event| event.starts_workflows) {
            let name = match event.name.as_str() {
                "pull_request" => "pull_request_target",
                "pull_request_review" => "pull_request_review",
                _ => continue,
            };
            self.waiting.push(self.events.len());
            self.events.push((name.to_owned(), event.payload));
        }
    }
}

/// The gate's inputs.
fn arguments(setup: Setup) -> Vec<String> {
    let head = if setup.head == "dev" { "dev" } else { "feature/*" };
    let mut words = vec![
        "auto-merge".to_owned(),
        "--base=prod".to_owned(),
        format!("--head={head}"),
        format!("--method={}", setup.method),
        "--timeout=1h".to_owned(),
        format!("--comment={}", if setup.comments { "on-refusal" } else { "never" }),
    ];
    if setup.gate != Gate::Review {
        words.push("--labels=approval,!wip".to_owned());
    }
    if setup.gate != Gate::Label {
        words.push("--require-review-on-head".to_owned());
    }
    words
}
