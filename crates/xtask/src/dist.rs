//! `cargo xtask dist`: the release tree of docs/decisions/0060-release-tree.md, and the commit and tags of a release.

pub(crate) mod build;
mod measure;
mod pin;
mod publish;
pub(crate) mod tree;
pub(crate) mod version;

use std::path::{Path, PathBuf};

use build::Profile;
use version::Version;

/// The largest release binary, in bytes: every job downloads it.
const LARGEST: u64 = 12_000_000;

/// Where the tree goes and what becomes of it.
#[derive(Debug, clap::Args)]
pub(crate) struct DistArgs {
    /// The directory of the tree, which is replaced; `target/release-tree` if not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make the release commit and its tags, vX.Y.Z and the moving vX
    #[arg(long, value_name = "vX.Y.Z")]
    tag: Option<Version>,
    /// The repository that gets the commit and the tags; this one if not given
    #[arg(long, value_name = "PATH", requires = "tag")]
    repo: Option<PathBuf>,
    /// How to build the binary: `release` is what is shipped, `dev` is quick to build and has no limits
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
    /// Also put the binary into this checkout's dist/, so that `uses: ./actions/<name>` works
    #[arg(long)]
    here: bool,
}

/// Builds, assembles, measures and, if asked, publishes.
pub(crate) fn run(root: &Path, args: &DistArgs) -> Result<(), String> {
    let repository = args.repo.as_deref().unwrap_or(root);
    if let Some(version) = args.tag {
        if args.profile != Profile::Release {
            return Err("a release has the release binary: leave --profile out".to_owned());
        }
        publish::refuse_unclean(root)?;
        publish::refuse_existing(repository, version)?;
    }
    let version = Version::of_workspace();
    if let Some(tag) = args.tag.filter(|tag| *tag != version) {
        return Err(format!(
            "the workspace is {version}, so its binary would not call itself {tag}: set `version` in Cargo.toml first"
        ));
    }
    let binary = build::binary(root, args.profile)?;
    println!("built    {} for {}", args.profile.name(), binary.target);
    let out = args.out.clone().unwrap_or_else(|| root.join("target/release-tree"));
    tree::assemble(root, &out, version, &binary)?;
    println!("tree     {} ({version})", out.display());
    if args.here {
        tree::put_binary(&root.join("dist"), &binary)?;
        println!("here     dist/{}/day2", binary.platform);
    }
    check_limits(&out, &binary, args.profile)?;
    if let Some(version) = args.tag {
        publish::release(root, repository, &out, version)?.iter().for_each(|line| println!("{line}"));
    }
    Ok(())
}

fn check_limits(out: &Path, binary: &build::Binary, profile: Profile) -> Result<(), String> {
    let shipped = out.join("dist").join(binary.platform).join("day2");
    let bytes = measure::size(&shipped)?;
    println!("size     {:.2} MB (limit {} MB)", megabytes(bytes), LARGEST / 1_000_000);
    let start = measure::cold_start(&shipped)?;
    println!(
        "start    {:.1} ms cold (limit {} ms): best of {} runs of `day2 --version`, each after {}",
        start.best.as_secs_f64() * 1000.0,
        measure::SLOWEST.as_millis(),
        measure::RUNS,
        start.how
    );
    if profile != Profile::Release {
        return Ok(());
    }
    if bytes > LARGEST {
        return Err(format!("the binary has {bytes} bytes, more than {LARGEST}"));
    }
    if start.best > measure::SLOWEST {
        return Err(format!("the binary starts in {:?}, slower than {:?}", start.best, measure::SLOWEST));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "only printed, to two places")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
