use std::sync::Arc;

use super::*;
use crate::{
    context::{Node, NodeKind, Tree},
    dockerfile::Owner,
    image::{Layer, Maker, oci::digest_of},
};

struct World {
    directory: tempfile::TempDir,
    runs: usize,
}

impl World {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), runs: 0 }
    }

    fn cache(&self) -> LayerCache {
        LayerCache::new(self.directory.path().join("cache"))
    }

    /// A run of its own: nothing but the cache and the files stay.
    fn maker(&mut self, cache: Option<LayerCache>) -> Arc<Maker> {
        self.runs += 1;
        let spool = self.directory.path().join(format!("spool-{}", self.runs));
        fs::create_dir(&spool).unwrap();
        Maker::new(Compression::Gzip, &spool, cache)
    }

    fn files(&self, content: &str, mode: u32) -> LayerFiles {
        let source = self.directory.path().join("file");
        fs::write(&source, content).unwrap();
        let kind = NodeKind::File { source, offset: 0, size: content.len() as u64 };
        let node = Node { kind, mode, owner: Owner::default() };
        LayerFiles { tree: Tree::from([("app/file".into(), node)]), epoch: 5 }
    }

    fn make(&mut self, content: &str) -> Layer {
        let (cache, files) = (self.cache(), self.files(content, 0o644));
        self.maker(Some(cache)).make(files).unwrap()
    }

    fn blobs(&self) -> Vec<PathBuf> {
        listed(&self.cache().root.join("blobs")).unwrap().into_iter().map(|(path, ..)| path).collect()
    }
}

fn is_made(layer: &Layer) -> bool {
    layer.file.path.initialized()
}

async fn content(layer: &Layer) -> Vec<u8> {
    fs::read(layer.file.path().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_known_layer_is_not_made_until_someone_wants_it() {
    let mut world = World::new();
    let first = world.make("one");
    assert!(is_made(&first));
    let second = world.make("one");
    assert!(!is_made(&second));
    assert_eq!((&second.digest, second.size), (&first.digest, first.size));
    assert_eq!(digest_of(&content(&second).await), first.digest);
}

#[tokio::test]
async fn a_layer_whose_file_is_gone_is_made_again() {
    let mut world = World::new();
    let first = world.make("one");
    fs::remove_file(&world.blobs()[0]).unwrap();
    let second = world.make("one");
    assert!(!is_made(&second));
    assert_eq!(digest_of(&content(&second).await), first.digest);
    assert_eq!(world.blobs().len(), 1, "it is kept for the next time");
}

#[tokio::test]
async fn other_content_of_the_same_size_is_another_layer() {
    let mut world = World::new();
    let first = world.make("one");
    let second = world.make("two");
    assert!(is_made(&second) && second.digest != first.digest && second.diff_id != first.diff_id);
    assert!(!is_made(&world.make("one")) && !is_made(&world.make("two")));
}

#[test]
fn all_that_is_in_the_archive_counts() {
    let mut world = World::new();
    world.make("one");
    let mut later = world.files("one", 0o644);
    later.epoch += 1;
    for files in [world.files("one", 0o755), later] {
        let cache = world.cache();
        assert!(is_made(&world.maker(Some(cache)).make(files).unwrap()));
    }
    let (zstd, files) = (world.cache(), world.files("one", 0o644));
    assert!(!zstd.shelf(&files, Compression::Zstd).is_in_use());
}

#[tokio::test]
async fn a_damaged_file_is_not_used() {
    let mut world = World::new();
    let first = world.make("one");
    // The spool has a link to the same file, as a run that is at work would.
    let blob = &world.blobs()[0];
    let mut bytes = fs::read(blob).unwrap();
    bytes[20] ^= 1;
    fs::remove_file(blob).unwrap();
    fs::write(blob, bytes).unwrap();
    let second = world.make("one");
    assert_eq!(digest_of(&content(&second).await), first.digest);
}

#[tokio::test]
async fn a_wrong_name_is_noticed_and_removed() {
    // Of a layer that is not there, and of one that is whole and another one.
    for has_bytes in [false, true] {
        let mut world = World::new();
        let (first, other) = (world.make("one"), world.make("two"));
        let (cache, files) = (world.cache(), world.files("one", 0o644));
        let entry = cache.shelf(&files, Compression::Gzip).entry(&first.diff_id);
        let digest = if has_bytes { other.digest } else { digest_of(b"another") };
        let wrong = Entry { digest: digest.to_string(), size: other.size };
        fs::write(&entry, serde_json::to_vec(&wrong).unwrap()).unwrap();
        let layer = world.maker(Some(cache.clone())).make(files).unwrap();
        assert!(!cache.has_misled());
        let failure = layer.file.path().await.unwrap_err();
        assert!(failure.cause.contains("the name was removed"), "{failure}");
        assert!(cache.has_misled());
        assert_eq!(world.make("one").digest, first.digest);
    }
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut world = World::new();
    let (cache, spool) = (world.cache(), world.directory.path().to_owned());
    assert_eq!(cache.check(&spool), Ok(()), "it is not there yet");
    world.make("one");
    for directory in ["", "entries", "blobs", "tmp"] {
        let mode = fs::metadata(cache.root.join(directory)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700, "{directory}");
    }
    assert_eq!(cache.check(&spool), Ok(()));
    for (mode, is_refused) in [(0o770, true), (0o702, true), (0o755, false)] {
        fs::set_permissions(&cache.root, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(cache.check(&spool).is_err(), is_refused, "{mode:o}");
    }
    // Only root can say that a directory is somebody else's.
    if std::os::unix::fs::chown(&cache.root, Some(65_534), None).is_ok() {
        assert!(cache.check(&spool).unwrap_err().ends_with("it belongs to another user"));
    }
}

#[tokio::test]
async fn a_file_that_changes_before_it_is_sent_is_an_error() {
    let mut world = World::new();
    world.make("one");
    fs::remove_file(&world.blobs()[0]).unwrap();
    let layer = world.make("one");
    fs::write(world.directory.path().join("file"), "two").unwrap();
    let failure = layer.file.path().await.unwrap_err();
    assert!(failure.cause.contains("were changed"), "{failure}");
}

#[test]
fn what_is_broken_means_only_more_work() {
    let mut world = World::new();
    let first = world.make("one");
    let (cache, files) = (world.cache(), world.files("one", 0o644));
    let shelf = cache.shelf(&files, Compression::Gzip);
    for text in ["", "{", "{\"digest\":\"x\",\"size\":1}"] {
        fs::write(shelf.entry(&first.diff_id), text).unwrap();
        assert!(is_made(&world.make("one")), "{text}");
    }
    // A directory that cannot be made: a file has its place.
    let nowhere = LayerCache::new(world.directory.path().join("file"));
    assert_eq!(world.maker(Some(nowhere)).make(files).unwrap().digest, first.digest);
}

#[test]
fn what_was_not_used_for_the_longest_time_goes_first() {
    let mut world = World::new();
    let layers: Vec<Layer> = ["one", "two", "six"].iter().map(|content| world.make(content)).collect();
    let cache = world.cache();
    for (layer, age) in layers.iter().zip([10, 30, 20]) {
        let file = File::open(cache.blob(&layer.digest)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    let sizes = layers[0].size + layers[2].size;
    LayerCache { limit: sizes, ..cache.clone() }.clean().unwrap();
    let left: Vec<bool> = layers.iter().map(|layer| cache.blob(&layer.digest).exists()).collect();
    assert_eq!(left, [true, false, true]);
    let old = cache.root.join("tmp/left-by-a-crash");
    fs::create_dir(&old).unwrap();
    File::open(&old).unwrap().set_modified(SystemTime::now() - WRITING_TAKES * 2).unwrap();
    cache.clean().unwrap();
    assert!(!old.exists());
}

#[test]
fn a_layer_that_is_too_large_is_known_by_name_only() {
    let mut world = World::new();
    let (cache, files) = (LayerCache { limit: 8, ..world.cache() }, world.files("one", 0o644));
    world.maker(Some(cache.clone())).make(files.clone()).unwrap();
    assert!(world.blobs().is_empty());
    assert!(!is_made(&world.maker(Some(cache)).make(files).unwrap()));
}

#[test]
fn many_at_once_agree() {
    let world = World::new();
    let (cache, files) = (world.cache(), world.files("one", 0o644));
    let digests: Vec<Digest> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|run| {
                let spool = world.directory.path().join(format!("run-{run}"));
                fs::create_dir(&spool).unwrap();
                let maker = Maker::new(Compression::Gzip, &spool, Some(cache.clone()));
                let files = files.clone();
                scope.spawn(move || maker.make(files).unwrap().digest)
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(world.blobs().len(), 1);
    assert!(listed(&cache.root.join("tmp")).unwrap().is_empty());
}
