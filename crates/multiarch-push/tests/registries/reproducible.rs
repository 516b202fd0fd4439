//! The same files make the same image, whoever builds it, where and when.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use toolkit::Env;

use crate::{process::Process, stage::Stage};

/// Enough that several threads have something to do.
fn fill(stage: &Stage) {
    let mut state = 1u32;
    let mut text = |length: usize| -> String {
        (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(b'a' + u8::try_from(state >> 24).unwrap() % 16)
            })
            .collect()
    };
    for number in 0..40 {
        let text = text(if number == 0 { 3_000_000 } else { 3_000 });
        stage.write(&format!("context/wheels/amd64/{number}.txt"), &text);
        stage.write(&format!("context/wheels/arm64/{}/{number}.txt", number % 3), &text);
    }
}

/// The digest that a process finds, with a word or two before its command.
async fn built(process: Process, script: &str) -> String {
    process.run_by(script, &["--tags=v1", "--dry-run"]).await["digest"].clone()
}

fn has(program: &str) -> bool {
    let path = Env::from_process().get("PATH").unwrap_or_default().to_owned();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

#[tokio::test]
async fn by_any_number_of_threads_user_and_time_zone() {
    let stage = Stage::new().await;
    fill(&stage);
    let expected = stage.push(&["--tags=v1"]).await.unwrap()["digest"].clone();
    let process = || Process::new(&stage, &stage.argv());
    assert_eq!(
        built(process().env("TZ", "Asia/Kathmandu").env("LC_ALL", "tr_TR.UTF-8"), "exec \"$@\"").await,
        expected
    );
    if has("taskset") {
        assert_eq!(built(process(), "exec taskset -c 0 \"$@\"").await, expected);
    }
    // Only root may become somebody else; the test's own program has to be within reach of that user.
    let script = "exec setpriv --reuid 65534 --regid 65534 --clear-groups -- \"$@\"";
    if has("setpriv") && others_may_run_this() {
        let process = process();
        for path in [stage.directory.path().to_owned(), process.home()] {
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        }
        assert_eq!(built(process, script).await, expected);
    }
    stage.whole("dev", "v1").await;
}

/// Whether this is root and another user can run this test's program.
fn others_may_run_this() -> bool {
    let user = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap());
    let program = std::env::current_exe().unwrap();
    let is_open = |path: &Path| {
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o1 == 0o1
    };
    user == 0 && program.ancestors().all(is_open)
}

#[tokio::test]
async fn by_files_made_in_another_order_at_another_time_elsewhere() {
    let stage = Stage::new().await;
    fill(&stage);
    let expected = stage.push(&["--tags=v1", "--dry-run"]).await.unwrap()["digest"].clone();
    let mut files = Vec::new();
    walk(&stage.path("context"), &mut files);
    files.sort();
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
    for path in files.iter().rev() {
        let relative = path.strip_prefix(stage.path("context")).unwrap();
        let copy = stage.path("elsewhere").join(relative);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(path, &copy).unwrap();
        fs::File::options().write(true).open(&copy).unwrap().set_modified(old).unwrap();
    }
    let mut argv = stage.argv();
    argv[1] = format!("--context={}", stage.path("elsewhere").display());
    argv.extend(["--tags=v1".to_owned(), "--dry-run".to_owned()]);
    let ran = stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(ran["digest"], expected);
}

#[tokio::test]
async fn by_files_checked_out_under_any_umask() {
    let stage = Stage::new().await;
    fill(&stage);
    let (script, context) = ("wheels/amd64/1.txt", stage.path("context"));
    let mut digests = Vec::new();
    for umask in [0o022, 0o002, 0o027, 0o077] {
        let mut files = Vec::new();
        walk(&context, &mut files);
        for path in &files {
            let mode = if path.ends_with(script) { 0o777 } else { 0o666 };
            let directories = path.ancestors().skip(1).take_while(|parent| *parent != context);
            for (path, mode) in
                directories.map(|directory| (directory, 0o777)).chain([(path.as_path(), mode)])
            {
                fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode & !umask))
                    .unwrap();
            }
        }
        digests.push(stage.push(&["--tags=v1", "--dry-run"]).await.unwrap()["digest"].clone());
    }
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{digests:?}");
}

fn walk(directory: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}
