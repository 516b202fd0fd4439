//! `cargo xtask bench push`: how long multiarch-push takes for an image with two platforms, next to crane, regctl, skopeo,
//! buildah and a program with the crate oci-client, at several distances from a real registry and from the sandbox's.

mod files;
mod image;
mod page;
mod rounds;
mod ways;

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use sandbox::{Config, Sandbox, registry::Settings, world::registry_host};

use self::{rounds::Bench, ways::Programs};
use super::release;
use crate::{
    registries::{self, Kind, Running},
    tools,
};

const PASSWORD: &str = "password-of-the-bench";
/// Files that nobody waits for: where it is there, the data are kept in memory.
const IN_MEMORY: &str = "/dev/shm";

/// How often and how far.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Extent {
    /// Of `push` and `login`: round trips to the registry, in milliseconds
    #[arg(long, value_name = "MS", value_delimiter = ',', default_values_t = [0, 20, 80])]
    pub(super) rtt: Vec<u64>,
    /// Of `push` and `login`: how often each program runs
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(super) rounds: usize,
}

/// A registry that is pushed to.
struct Server {
    title: &'static str,
    address: SocketAddr,
    password: Option<&'static str>,
    sandbox: Option<Arc<Sandbox>>,
}

impl Server {
    /// Makes the repository where that is needed.
    fn prepare(&self, repository: &str) {
        if let Some(sandbox) = &self.sandbox {
            sandbox.world().registry.create_repository(repository, false);
        }
    }

    /// Checks that a tag is there.
    async fn has(&self, repository: &str, tag: &str) -> Result<(), String> {
        let url = format!("http://{}/v2/{repository}/manifests/{tag}", self.address);
        let accept = "application/vnd.oci.image.index.v1+json";
        let request = reqwest::Client::new().head(url).header("accept", accept);
        let request = request.basic_auth("AWS", self.password);
        let reply = request.send().await.map_err(|error| error.to_string())?;
        reply.error_for_status().map(drop).map_err(|error| format!("the tag is not there: {error}"))
    }
}

/// Measures, and writes docs/push-comparison.md.
pub(super) fn run(root: &Path, day2: Option<&Path>, extent: &Extent) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let programs = programs(root, day2)?;
    let versions = page::versions(root, &programs, day2.is_some())?;
    let memory = Path::new(IN_MEMORY);
    let place =
        if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.map_err(text)?;
    let images = image::write(place.path()).map_err(text)?;
    let distribution = Kind::Distribution.program(root)?;
    // On this thread, with which it ends.
    let distribution = Running::start(Kind::Distribution, &distribution, place.path())?;
    // The sandbox and the lines must not wait for each other or for a child.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(text)?;
    let round_trips: Vec<Duration> = extent.rtt.iter().map(|millis| Duration::from_millis(*millis)).collect();
    let (rows, of_files) = runtime.block_on(async {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let servers = [
            Server {
                title: Kind::Distribution.title(),
                address: distribution.address,
                password: None,
                sandbox: None,
            },
            sandbox(place.path()).await?,
        ];
        let of_files = match servers.first() {
            Some(server) => files::measure(&programs, &images, server, place.path(), extent.rounds).await?,
            None => Vec::new(),
        };
        let bench = Bench::new(&programs, &images, &servers, place.path())?;
        Ok::<_, String>((bench.measure(&round_trips, extent.rounds).await?, of_files))
    })?;
    let template = root.join("tests/comparison/push.md");
    let template =
        fs::read_to_string(&template).map_err(|error| format!("{}: {error}", template.display()))?;
    let text = page::filled(&template, &rows, &of_files, extent.rounds, &versions);
    let page = root.join("docs/push-comparison.md");
    fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))
}

async fn sandbox(place: &Path) -> Result<Server, String> {
    let config = Config { directory: Some(place.join("sandbox")), ..Config::default() };
    let sandbox = Sandbox::start(config).await.map_err(|error| error.to_string())?;
    let registry = &sandbox.world().registry;
    registry.add_password(PASSWORD);
    // An absolute address would lead past the line.
    registry.configure(|settings: &mut Settings| settings.relative_locations = true);
    let address = registry_host(&sandbox.world().urls.registry).parse();
    let address = address.map_err(|error| format!("the sandbox's address: {error}"))?;
    Ok(Server {
        title: "the sandbox's ECR",
        address,
        password: Some(PASSWORD),
        sandbox: Some(Arc::new(sandbox)),
    })
}

fn programs(root: &Path, day2: Option<&Path>) -> Result<Programs, String> {
    let debian = |name: &str| {
        tools::on_path(name).ok_or_else(|| format!("{name} is not there: install the Debian package {name}"))
    };
    Ok(Programs {
        skopeo: debian("skopeo")?,
        buildah: debian("buildah")?,
        crane: registries::crane(root)?,
        regctl: registries::regctl(root)?,
        oci_client: tools::oci_client_push(root)?,
        day2: release(root, day2)?,
    })
}
