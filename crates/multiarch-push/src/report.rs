//! What is said about a push: outputs, summary and closing lines.

use std::time::Duration;

use model::{Digest, Tag};
use serde_json::{Map, Value};
use toolkit::{Phases, Report, Summary};

use crate::{
    artifact::Artifact,
    delivery::Delivery,
    image::oci::{Descriptor, Index, PlatformSpec},
    plan::TagStep,
    push::Sent,
    registry::Found,
    request::{Builder, Request},
};

/// How a push ended.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Every destination that has the image, or would have; never empty.
    pub(crate) deliveries: Vec<Delivery>,
    /// Whether only the plan was wanted.
    pub(crate) dry_run: bool,
}

/// One platform of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlatformRow {
    /// `linux/amd64`.
    pub(crate) platform: String,
    /// Its manifest.
    pub(crate) digest: Digest,
    /// How many layers it has, if known.
    pub(crate) layers: Option<usize>,
    /// Their size.
    pub(crate) size: Option<u64>,
}

/// Returns the rows of an artifact; attestations have none.
pub(crate) fn rows(artifact: &Artifact) -> Vec<PlatformRow> {
    let row = |child: &crate::artifact::Child| {
        Some(PlatformRow {
            platform: child.platform.as_ref()?.to_string(),
            digest: child.manifest.digest.clone(),
            // One of the blobs is the configuration.
            layers: Some(child.blobs.len().saturating_sub(1)),
            size: Some(child.blobs.iter().map(|blob| blob.size).sum()),
        })
    };
    // What stays in its repository is not read any further than its index.
    match artifact.children.as_slice() {
        [] => listed(&artifact.index),
        children => children.iter().filter_map(row).collect(),
    }
}

/// Returns the rows of an index of which no more is known; the manifest of one platform names none.
pub(crate) fn listed(index: &Found) -> Vec<PlatformRow> {
    let row = |child: Descriptor| {
        let platform = child.platform.filter(PlatformSpec::is_known)?.to_platform().to_string();
        Some(PlatformRow { platform, digest: child.digest, layers: None, size: None })
    };
    let children = serde_json::from_slice::<Index>(&index.bytes).map(|index| index.manifests);
    children.unwrap_or_default().into_iter().filter_map(row).collect()
}

impl Outcome {
    /// Whether a registry is not as it was.
    fn changed(&self) -> bool {
        self.deliveries.iter().any(|delivery| self.has_changed(delivery))
    }

    fn has_changed(&self, delivery: &Delivery) -> bool {
        !self.dry_run && delivery.tags.iter().any(|(_, step)| *step != TagStep::Keep)
    }
}

/// Renders an outcome.
pub(crate) fn report(outcome: &Outcome, phases: &Phases, total: Duration) -> Report {
    let mut sent = Sent::default();
    outcome.deliveries.iter().for_each(|delivery| sent.add(&delivery.sent));
    let named = |Delivery { image, digest, .. }: &Delivery| format!("{image}@{digest}");
    let images: Vec<String> = outcome.deliveries.iter().map(named).collect();
    let mut report = Report::new();
    if let Some(Delivery { image, digest, tags, platforms, .. }) = outcome.deliveries.first() {
        let digests: Map<String, Value> =
            platforms.iter().map(|row| (row.platform.clone(), row.digest.to_string().into())).collect();
        let tag = tags.first().map(|(tag, _)| tag.to_string()).unwrap_or_default();
        report = report
            .output("digest", digest.to_string())
            .output("image", format!("{image}@{digest}"))
            .output("images", images.join("\n"))
            .output("tag", tag)
            .output("digests", Value::Object(digests).to_string());
    }
    report = report
        .output("changed", outcome.changed().to_string())
        .output("bytes-uploaded", sent.bytes_uploaded.to_string())
        .output("bytes-skipped", sent.bytes_skipped.to_string())
        .output("timings", phases.to_json());
    let mut page = Summary::new();
    for delivery in &outcome.deliveries {
        for (tag, step) in &delivery.tags {
            report = report.line(line(outcome, delivery, tag, step));
        }
        let Delivery { image, digest, sent, .. } = delivery;
        report = report.line(format!("{image}@{digest}")).line(transfer(sent));
        page = summary(page, outcome, delivery);
    }
    report
        .line(format!("done in {:.1} s", total.as_secs_f64()))
        .summary(page.details("Phases", &Summary::new().table(&["Phase", "Time"], &phases.rows())))
}

/// Renders a dry run that would have started a builder: without it, there is no digest to tell.
pub(crate) fn not_built(request: &Request, builder: Builder) -> Report {
    let tags = request.tags.iter().chain(&request.moving_tags);
    let builder = builder.as_str();
    let first = Report::new().line(format!("the Dockerfile needs a builder: {builder} would be started"));
    let named = request.images.iter().flat_map(|image| tags.clone().map(move |tag| (image, tag)));
    named.fold(first, |report, (image, tag)| {
        report.line(format!("{image}:{tag} would be pushed if it is not there already"))
    })
}

fn line(outcome: &Outcome, delivery: &Delivery, tag: &Tag, step: &TagStep) -> String {
    let would = if outcome.dry_run { "would be " } else { "" };
    let image = &delivery.image;
    match step {
        TagStep::Keep => format!("{image}:{tag} is there already, nothing to do"),
        TagStep::Create => format!("{image}:{tag} {would}pushed"),
        TagStep::Move { from } => format!("{image}:{tag} {would}moved from {from}"),
    }
}

fn transfer(sent: &Sent) -> String {
    format!(
        "sent {} (blobs: {}), spared {} (blobs mounted: {}, already there: {})",
        bytes(sent.bytes_uploaded),
        sent.uploaded,
        bytes(sent.bytes_skipped),
        sent.mounted,
        sent.present
    )
}

fn summary(page: Summary, outcome: &Outcome, delivery: &Delivery) -> Summary {
    let Delivery { image, digest, tags, platforms, sent } = delivery;
    let verb = match (outcome.dry_run, outcome.has_changed(delivery)) {
        (true, _) => "Would push",
        (false, true) => "Pushed",
        (false, false) => "Already there:",
    };
    let rows: Vec<Vec<String>> = platforms
        .iter()
        .map(|row| {
            let layers = row.layers.map(|layers| layers.to_string());
            vec![
                row.platform.clone(),
                format!("`{}`", row.digest),
                layers.unwrap_or_default(),
                row.size.map(bytes).unwrap_or_default(),
            ]
        })
        .collect();
    let tag_rows: Vec<Vec<String>> = tags
        .iter()
        .map(|(tag, step)| {
            let what = match step {
                TagStep::Keep => "unchanged".to_owned(),
                TagStep::Create => "new".to_owned(),
                TagStep::Move { from } => format!("moved from {from}"),
            };
            vec![format!("`{tag}`"), what]
        })
        .collect();
    page.heading(&format!("{verb} {image}"))
        .code("", &format!("{image}@{digest}"))
        .table(&["Platform", "Digest", "Layers", "Size"], &rows)
        .table(&["Tag", ""], &tag_rows)
        .text(&transfer(sent))
}

/// Returns a size for people.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    match UNITS.iter().find(|(_, size)| count >= *size) {
        Some((unit, size)) => {
            let tenths = u128::from(count) * 10 / u128::from(*size);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{count} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(dry_run: bool, step: TagStep) -> Outcome {
        let row = |platform: &str, byte| PlatformRow {
            platform: platform.to_owned(),
            digest: Digest::from_sha256([byte; 32]),
            layers: Some(3),
            size: Some(1_234_567),
        };
        let delivery = Delivery {
            image: "a.example/product/dev".parse().unwrap(),
            digest: Digest::from_sha256([1; 32]),
            tags: vec![("v1".parse().unwrap(), step)],
            platforms: vec![row("linux/amd64", 2), row("linux/arm64", 3)],
            sent: Sent { bytes_uploaded: 5000, bytes_skipped: 70, uploaded: 3, mounted: 1, present: 2 },
        };
        Outcome { deliveries: vec![delivery], dry_run }
    }

    fn rendered(outcome: &Outcome) -> String {
        let report = report(outcome, &Phases::new(), Duration::from_millis(1250));
        let outputs: Vec<String> =
            report.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let text =
            format!("{}\n\n{}\n\n{}", outputs.join("\n"), report.lines.join("\n"), report.summary.as_str());
        let (one, two, three) = ("01".repeat(32), "02".repeat(32), "03".repeat(32));
        text.replace(&one, "01…").replace(&two, "02…").replace(&three, "03…")
    }

    #[test]
    fn a_push_is_told() {
        insta::assert_snapshot!(rendered(&outcome(false, TagStep::Create)), @r#"
        digest=sha256:01…
        image=a.example/product/dev@sha256:01…
        images=a.example/product/dev@sha256:01…
        tag=v1
        digests={"linux/amd64":"sha256:02…","linux/arm64":"sha256:03…"}
        changed=true
        bytes-uploaded=5000
        bytes-skipped=70
        timings={}

        a.example/product/dev:v1 pushed
        a.example/product/dev@sha256:01…
        sent 5.0 kB (blobs: 3), spared 70 B (blobs mounted: 1, already there: 2)
        done in 1.2 s

        ### Pushed a.example/product/dev

        ```
        a.example/product/dev@sha256:01…
        ```

        | Platform | Digest | Layers | Size |
        | --- | --- | --- | --- |
        | linux/amd64 | `sha256:02…` | 3 | 1.2 MB |
        | linux/arm64 | `sha256:03…` | 3 | 1.2 MB |

        | Tag |  |
        | --- | --- |
        | `v1` | new |

        sent 5.0 kB (blobs: 3), spared 70 B (blobs mounted: 1, already there: 2)

        <details><summary>Phases</summary>

        | Phase | Time |
        | --- | --- |

        </details>
        "#);
    }

    #[test]
    fn nothing_to_do_and_a_plan_are_told() {
        let kept = rendered(&outcome(false, TagStep::Keep));
        assert!(kept.contains("changed=false") && kept.contains("v1 is there already"), "{kept}");
        let moved = rendered(&outcome(true, TagStep::Move { from: Digest::from_sha256([2; 32]) }));
        assert!(moved.contains("v1 would be moved from sha256:02…"), "{moved}");
        assert!(moved.contains("changed=false") && moved.contains("### Would push"), "{moved}");
    }

    #[test]
    fn sizes() {
        for (count, text) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_950_000, "1.9 MB"), (7_000_000_000, "7.0 GB")]
        {
            assert_eq!(bytes(count), text);
        }
    }
}
