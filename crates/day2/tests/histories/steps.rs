//! What can happen, and what a history is made of.

/// One thing that happens. Numbers choose among what there is at that moment; a step that nothing is there for does
/// nothing, so that a history stays one when steps are taken out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The author pushes a commit to the head.
    Push(u8),
    /// Somebody pushes a commit to the base.
    Hotfix(u8),
    /// The author forces the head back to an earlier commit of it.
    ForceBack(u8),
    /// Somebody puts the label that approves.
    Label(Who),
    /// Somebody takes it off.
    Unlabel(Who),
    /// Somebody puts the label that forbids.
    Block,
    /// Somebody takes it off.
    Unblock,
    /// Somebody reviews the head.
    Review(Who, Verdict),
    /// Somebody's reviews are dismissed.
    Dismiss(Who),
    /// A person merges it on its page.
    MergeByHand,
    /// The required check ends, well or not.
    Check(bool),
    /// Its base becomes the other one.
    Retarget,
    /// It is closed.
    Close,
    /// It is opened again.
    Reopen,
    /// It becomes a draft.
    Draft,
    /// It is no draft any more.
    Ready,
    /// A maintainer loses the right to write, or gets it back.
    Demote,
    /// There is a next pull request, if the last one is done with.
    NextPull,
    /// A person works on the branch that brings `prod` into `dev`.
    WorkOnSync,
    /// A person merges that branch's pull request.
    MergeSync,
    /// A run of auto-merge starts for one of the events so far, the newest first.
    Start(u8),
    /// A run that has ended is started again, with its old payload.
    Again(u8),
    /// A run that is under way is cancelled.
    Cancel(u8),
    /// A run of fast-forward starts for a merge that was made.
    Forward(u8),
    /// One of the calls that are held goes on.
    Go(u8),
    /// Time passes for those who wait.
    Wait,
    /// The next merge goes wrong.
    Fault(Fault),
}

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// May write, and is the author.
    Alice,
    /// May write.
    Bob,
    /// Maintains, while nobody has taken that away.
    Maria,
    /// May put labels only.
    Mallory,
    /// An App that may write.
    Bot,
}

impl Who {
    /// The login.
    pub(crate) fn login(self) -> &'static str {
        match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
            Self::Maria => "maria",
            Self::Mallory => "mallory",
            Self::Bot => "helper[bot]",
        }
    }
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approve,
    Object,
    Comment,
}

/// What goes wrong with a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It takes effect, and the answer is lost.
    Lost,
    /// It takes no effect, since the base is said to have moved.
    Moved,
    /// Whether it conflicts is not known for a while.
    Unknown,
}

/// A step, and the seconds by which the server's clock has moved when it happens.
pub(crate) type Moment = (u32, Step);

/// What the team has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setup {
    /// What approves.
    pub gate: Gate,
    /// The branch that is merged into `prod`.
    pub head: &'static str,
    /// How.
    pub method: &'static str,
    /// Whether `prod` demands a check.
    pub checks: bool,
    /// Whether GitHub takes a moment to find conflicts.
    pub slow: bool,
    /// Whether runs comment on what they refuse.
    pub comments: bool,
}

/// What approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Label,
    Review,
    Both,
}

/// A generator of numbers that follow from a seed (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or_default()
    }

    /// One of these, each as likely as its weight says.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[(u64, T)]) -> T {
        let mut left = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, one) in of {
            if left < *weight {
                return *one;
            }
            left -= weight;
        }
        of[0].1
    }
}

impl Setup {
    /// The setup of a history.
    pub(crate) fn of(dice: &mut Dice) -> Self {
        let gate = dice.pick(&[(5, Gate::Label), (2, Gate::Review), (2, Gate::Both)]);
        let head = dice.pick(&[(3, "dev"), (1, "feature/a")]);
        let methods: &[(u64, &str)] = if head == "dev" {
            &[(4, "merge"), (1, "fast-forward")]
        } else {
            &[(2, "merge"), (1, "fast-forward"), (2, "squash"), (1, "rebase")]
        };
        Self {
            gate,
            head,
            method: dice.pick(methods),
            checks: dice.chance(20),
            slow: dice.chance(20),
            comments: dice.chance(10),
        }
    }
}

/// What the next step is chosen by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// Calls that are held.
    pub held: usize,
    /// Runs that are under way.
    pub active: usize,
    /// Events without a run.
    pub waiting: usize,
    /// Whether there is an open pull request.
    pub open: bool,
    pub draft: bool,
    pub blocked: bool,
    pub labelled: bool,
    /// Whether its base is another one.
    pub astray: bool,
    pub maria_writes: bool,
}

/// How people get a pull request merged if nobody disturbs them, and what follows.
pub(crate) fn script(dice: &mut Dice, setup: Setup, view: View) -> Vec<Moment> {
    let who = if view.maria_writes && dice.chance(70) { Who::Maria } else { Who::Bob };
    let (needs_label, needs_review) = (setup.gate != Gate::Review, setup.gate != Gate::Label);
    let mut steps = Vec::new();
    let mut add = |is_needed: bool, step: Step| steps.extend(is_needed.then_some((1, step)));
    add(!view.open, Step::NextPull);
    add(view.draft, Step::Ready);
    add(view.astray, Step::Retarget);
    add(view.blocked, Step::Unblock);
    add(setup.checks, Step::Check(true));
    // What is approved for one base is brought to another one.
    let elsewhere = dice.chance(12);
    add(elsewhere, Step::Retarget);
    add(needs_review, Step::Review(who, Verdict::Approve));
    add(needs_label && view.labelled, Step::Unlabel(Who::Bob));
    add(needs_label, Step::Label(who));
    add(elsewhere, Step::Retarget);
    // An approval is withdrawn, another commit is approved, and a run comes back to the first one.
    let returns = needs_label && !elsewhere && dice.chance(12);
    for step in [Step::Unlabel(who), Step::ForceBack(0), Step::Label(who), Step::ForceBack(0)] {
        add(returns, step);
    }
    add(true, Step::Start(if returns { 4 } else { 0 }));
    let twice = dice.chance(30);
    add(twice, Step::Again(dice.byte()));
    for _ in 0..if twice { 22 } else { 11 } {
        add(true, Step::Go(dice.byte()));
    }
    add(true, Step::Forward(0));
    for _ in 0..6 {
        add(true, Step::Go(0));
    }
    steps
}

/// The next step, from how things are: what keeps anything from being merged does not last long.
pub(crate) fn next(dice: &mut Dice, setup: Setup, view: View) -> Moment {
    use Step::{
        Again, Block, Cancel, Check, Close, Demote, Dismiss, Draft, ForceBack, Forward, Go, Hotfix, Label,
        MergeByHand, MergeSync, NextPull, Push, Ready, Reopen, Retarget, Review, Start, Unblock, Unlabel,
        Wait, WorkOnSync,
    };
    let View { held, active, waiting, .. } = view;
    if held > 0 && dice.chance(65) {
        return (u32::from(dice.chance(10)), Go(dice.byte()));
    }
    if held == 0 && active > 0 && dice.chance(60) {
        return (1, Wait);
    }
    if waiting > 0 && active < 3 && dice.chance(45) {
        return (u32::from(dice.chance(30)), Start(if dice.chance(80) { 0 } else { dice.byte() }));
    }
    let who = dice.pick(&[(2, Who::Alice), (2, Who::Bob), (6, Who::Maria), (1, Who::Mallory), (1, Who::Bot)]);
    let byte = dice.byte();
    let labels = match setup.gate {
        Gate::Review => 1,
        _ if view.labelled => 0,
        _ => 14,
    };
    let unlabels = if view.labelled { 3 } else { 0 };
    let rarely = |is_so: bool, back: u64| if is_so { back } else { 1 };
    let reviews = if setup.gate == Gate::Label { 1 } else { 9 };
    let verdict = dice.pick(&[(6, Verdict::Approve), (1, Verdict::Object), (1, Verdict::Comment)]);
    let fault = dice.pick(&[(2, Fault::Lost), (1, Fault::Moved), (1, Fault::Unknown)]);
    let step = dice.pick(&[
        (7, Push(byte)),
        (2, Hotfix(byte)),
        (3, ForceBack(byte)),
        (labels, Label(who)),
        (unlabels, Unlabel(who)),
        (1, Block),
        (if view.blocked { 9 } else { 0 }, Unblock),
        (reviews, Review(who, verdict)),
        (reviews.div_ceil(5), Dismiss(who)),
        (1, MergeByHand),
        (if setup.checks { 5 } else { 0 }, Check(!byte.is_multiple_of(4))),
        (rarely(view.astray, 12), Retarget),
        (1, Close),
        (if view.open { 0 } else { 6 }, Reopen),
        (1, Draft),
        (if view.draft { 12 } else { 0 }, Ready),
        (rarely(!view.maria_writes, 8), Demote),
        (if view.open { 0 } else { 14 }, NextPull),
        (1, WorkOnSync),
        (1, MergeSync),
        (if active < 3 { 3 } else { 0 }, Again(byte)),
        (u64::from(active > 0), Cancel(byte)),
        (if active < 3 { 5 } else { 0 }, Forward(byte)),
        (1, Step::Fault(fault)),
    ]);
    // Mostly a second of its own, sometimes the same one as before.
    (dice.pick(&[(3, 0), (8, 1), (2, 2)]), step)
}
