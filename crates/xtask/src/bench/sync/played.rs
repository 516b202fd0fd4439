//! Plays the scenarios and judges the verdicts.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use super::{
    place::{Place, World},
    scenes::{Kind, SCENES, Scene, Want},
    ways::{Client, Programs, Who, Wish},
};
use crate::bench::{child::Ended, proxy::Line};

/// A verdict that comes so much later than the other one is late.
const LATE: Duration = Duration::from_secs(5);
/// How many scenarios play at the same time.
const AT_ONCE: usize = 4;

/// A verdict, and how it was.
struct Verdict {
    after: Duration,
    ended: Ended,
    /// What was so in the cluster at that moment.
    truth: Truth,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Truth {
    /// All pods of the active service have the new image and are ready.
    is_live: bool,
    /// Pods of other images.
    old: usize,
}

/// Plays all and returns the rows of the page, and a sentence that counts them.
pub(super) async fn all(world: &World, programs: &Programs) -> Result<(String, String), String> {
    let (alone, together): (Vec<&Scene>, _) = SCENES.iter().partition(|scene| scene.kind == Kind::Restart);
    let mut rows = Vec::new();
    for (scenes, at_once) in [(together, AT_ONCE), (alone, 1)] {
        let play = |scene: &'static Scene| async move {
            let (cli, ours) = tokio::try_join!(
                play(world, programs, scene, Who::Cli),
                play(world, programs, scene, Who::Ours)
            )
            .map_err(|error| format!("{}: {error}", scene.name))?;
            Ok::<_, String>(row(scene, &cli, &ours))
        };
        rows.extend(stream::iter(scenes).map(play).buffered(at_once).collect::<Vec<_>>().await);
    }
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
    let counted = count(&rows.iter().map(|row| row.words).collect::<Vec<_>>());
    Ok((rows.into_iter().map(|row| row.text).collect(), counted))
}

/// A line of the table.
struct Row {
    /// Of the CLI and of argocd-sync.
    words: [&'static str; 2],
    text: String,
}

/// What became of all.
fn count(words: &[[&'static str; 2]]) -> String {
    let of = |who: fn(&[&'static str; 2]) -> &'static str, begin: &str| {
        words.iter().filter(|words| who(words).starts_with(begin)).count()
    };
    format!(
        "Of these {}, the CLI's verdict is wrong in {} and late in {}, and argocd-sync's wrong in {} and late in {}.\n",
        words.len(),
        of(|words| words[0], "wrong"),
        of(|words| words[0], "late"),
        of(|words| words[1], "wrong"),
        of(|words| words[1], "late"),
    )
}

async fn play(world: &World, programs: &Programs, scene: &Scene, who: Who) -> Result<Verdict, String> {
    let name = format!("{}-{}", scene.name, if who == Who::Cli { "cli" } else { "ours" });
    let place = Place::new(world, &name, scene.shape()).await?;
    let line = Line { cut_idle: scene.cut_idle(), ..Line::default() };
    let client = Client::new(who, programs, &world.state.argocd, line).await?;
    let push = scene.before(&place).await?;
    let accounts = &world.state.accounts;
    let account = if scene.kind == Kind::Forbidden { &accounts.reader } else { &accounts.ci };
    let absent = format!("{name}-absent");
    let wish = Wish {
        application: if scene.kind == Kind::NoApplication { &absent } else { &name },
        revision: &push.revision,
        tag: push.tag,
        tells_revision: scene.tells_revision(),
        old_pods_gone: scene.want == Want::Alone,
        token: account.token.expose(),
    };
    let synced = async {
        let (begin, ended) = client.sync(&place, &wish).await?;
        let pods = place.pods().await?;
        let mut active = pods.iter().filter(|pod| pod.is_active).peekable();
        let is_live = active.peek().is_some() && active.all(|pod| pod.is_ready && pod.tag == push.tag);
        let truth = Truth { is_live, old: pods.iter().filter(|pod| pod.tag != push.tag).count() };
        Ok(Verdict { after: ended.at - begin, ended, truth })
    };
    let (verdict, ()) = tokio::try_join!(synced, scene.meanwhile(&place))?;
    let said: String = verdict
        .ended
        .said
        .lines()
        .filter(|line| !line.starts_with("::add-mask::"))
        .map(|line| format!("{line}\n"))
        .collect();
    eprintln!("--- {name}: {}, {:?}\n{said}", verdict.told(), verdict.truth);
    place.leave().await?;
    Ok(verdict)
}

fn row(scene: &Scene, cli: &Verdict, ours: &Verdict) -> Row {
    let words = [judge(scene.want, cli, ours), judge(scene.want, ours, cli)];
    let (cli, ours) = (cli.told(), ours.told());
    let text = format!("| {} | **{}**: {cli} | **{}**: {ours} |\n", scene.title, words[0], words[1]);
    Row { words, text }
}

/// Whether a verdict is what it should be, and in time.
fn judge(want: Want, one: &Verdict, other: &Verdict) -> &'static str {
    let is_late = other.is_right(want) && one.after > other.after + LATE;
    let is_told = match want {
        Want::Failure(words) => words.iter().any(|word| one.ended.said.contains(word)),
        _ => true,
    };
    match (one.is_right(want), is_late, is_told) {
        (false, ..) => "wrong",
        (true, true, true) => "late",
        (true, true, false) => "late, without the reason",
        (true, false, false) => "right, without the reason",
        (true, false, true) => "right",
    }
}

impl Verdict {
    fn is_right(&self, want: Want) -> bool {
        let succeeded = self.ended.succeeded();
        match want {
            Want::Live => succeeded && self.truth.is_live,
            Want::Alone => succeeded && self.truth.is_live && self.truth.old == 0,
            // None at all is not a failure.
            Want::Failure(_) => !succeeded && self.ended.code.is_some(),
        }
    }

    /// The verdict in the words of whoever gave it.
    fn told(&self) -> String {
        let after = format!("{:.1} s", self.after.as_secs_f64());
        let old = match self.truth.old {
            0 => String::new(),
            count => format!(", {count} pods of another image there"),
        };
        let live = if self.truth.is_live { "the new image serves" } else { "the new image does not serve" };
        match self.ended.code {
            Some(0) => format!("success after {after} ({live}{old})"),
            Some(_) => format!("failure after {after}: {}", reason(&self.ended.said)),
            None => format!("none, killed after {after}"),
        }
    }
}

/// The line that says why, as far as it fits into a table: a workflow command `error` of GitHub's, whose first line it is, a
/// `fatal` of the CLI's log in JSON, or else the last line.
fn reason(said: &str) -> String {
    const LONGEST: usize = 200;
    let mut lines = said.lines().filter(|line| !line.trim().is_empty());
    let command = lines.clone().find_map(|line| {
        let (_, text) = line.strip_prefix("::error ")?.split_once("::")?;
        Some(text.split("%0A").next()?.replace("%25", "%"))
    });
    let fatal = lines.clone().find_map(|line| {
        let entry: Value = serde_json::from_str(line).ok()?;
        (entry["level"] == "fatal").then(|| entry["msg"].as_str().map(str::to_owned))?
    });
    let all = command.or(fatal).or_else(|| lines.next_back().map(str::to_owned)).unwrap_or_default();
    let text: String = all.chars().take(LONGEST).collect();
    let more = if text.len() < all.len() { " …" } else { "" };
    format!("“{}{more}”", text.replace('`', "'").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn verdict(code: i32, seconds: u64, is_live: bool, old: usize) -> Verdict {
        let ended = Ended {
            code: Some(code),
            said: "fatal: no".to_owned(),
            at: Instant::now(),
            cpu: Duration::ZERO,
            peak: 0,
        };
        Verdict { after: Duration::from_secs(seconds), ended, truth: Truth { is_live, old } }
    }

    #[test]
    fn a_verdict_is_judged_by_what_is_so() {
        let other = verdict(0, 4, true, 1);
        for (want, one, word) in [
            (Want::Live, verdict(0, 4, true, 2), "right"),
            (Want::Live, verdict(0, 4, false, 0), "wrong"),
            (Want::Live, verdict(1, 4, true, 0), "wrong"),
            (Want::Live, verdict(0, 10, true, 0), "late"),
            // Not in comparison with one that is wrong.
            (Want::Alone, verdict(0, 10, true, 0), "right"),
            (Want::Alone, verdict(0, 4, true, 2), "wrong"),
            (Want::Failure(&["no"]), verdict(1, 4, false, 0), "right"),
            (Want::Failure(&["yes"]), verdict(1, 4, false, 0), "right, without the reason"),
            (Want::Failure(&["no"]), verdict(0, 4, true, 0), "wrong"),
        ] {
            assert_eq!(judge(want, &one, &other), word, "{want:?}");
        }
    }

    #[test]
    fn what_became_of_all_is_counted() {
        let words = [["wrong", "right"], ["late, without the reason", "right"], ["right", "late"]];
        let counted = count(&words);
        let cli = "Of these 3, the CLI's verdict is wrong in 1 and late in 1";
        assert_eq!(counted, format!("{cli}, and argocd-sync's wrong in 0 and late in 1.\n"));
    }

    #[test]
    fn the_reason_is_the_error_and_fits_into_a_table() {
        let log = "a\n{\"level\":\"fatal\",\"msg\":\"b | c\"}\nd\n";
        assert_eq!(reason(log), "“b \\| c”");
        assert_eq!(reason("    fatal: x\n::error title=t::It is 5%25.%0ASee\n"), "“It is 5%.”");
        assert!(reason(&"x".repeat(1000)).ends_with("x …”"));
    }
}
