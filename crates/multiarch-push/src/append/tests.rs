use std::{fs, os::unix::fs::PermissionsExt};

use super::*;

fn listed(line: &str, platform: &str) -> Result<Vec<String>, String> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().to_str().unwrap();
    for (file, mode) in [
        ("bin/amd64/app", 0o775),
        ("bin/arm64/app", 0o755),
        ("bin/arm64/lib/x", 0o644),
        ("bin/arm64/.git/config", 0o600),
    ] {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, file).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut archive = tar::Builder::new(fs::File::create(directory.path().join("lib.tar")).unwrap());
    archive.append_path_with_name(directory.path().join("bin/arm64/lib/x"), "deep/x").unwrap();
    archive.finish().unwrap();
    fs::create_dir(directory.path().join("empty")).unwrap();
    std::os::unix::fs::symlink("bin/arm64/app", directory.path().join("link")).unwrap();
    let appended: Appended =
        format!("{root}/{line}").parse().map_err(|error: model::ParseError| error.to_string())?;
    let tree =
        files(&appended, &platform.parse().unwrap(), directory.path(), |path| Some(path == Path::new("www")))
            .map_err(|error| error.replace(root, "."))?;
    let files = tree.iter().filter(|(_, node)| node.kind != NodeKind::Directory);
    Ok(files.map(|(path, node)| format!("{} {:o}", path.display(), node.mode)).collect())
}

#[test]
fn each_platform_gets_its_own_files() {
    for (line, platform, expected) in [
        ("bin/{arch}", "linux/amd64", &["app 755"][..]),
        ("bin/{arch}", "linux/arm64", &["app 755", "lib/x 644"]),
        (
            "bin/{arch}:/opt/{os}-{arch}{variant}",
            "linux/arm64/v8",
            &["opt/linux-arm64v8/app 755", "opt/linux-arm64v8/lib/x 644"],
        ),
        ("bin/{arch}/app:/usr/local/bin/", "linux/amd64", &["usr/local/bin/app 755"]),
        ("bin/{arch}/app:/usr/local/bin/serve", "linux/amd64", &["usr/local/bin/serve 755"]),
        ("bin/{arch}/app:/usr/local/bin", "linux/amd64", &["usr/local/bin/app 755"]),
        ("bin/{arch}/app:/www", "linux/amd64", &["www/app 755"]),
        ("bin/{arch}/app:/www/serve", "linux/amd64", &["www/serve 755"]),
        ("bin/amd64/app", "linux/arm64", &["app 755"]),
        ("lib.tar:/opt", "linux/arm64", &["opt/deep/x 644"]),
        ("link:/x/", "linux/arm64", &["x/link 755"]),
    ] {
        assert_eq!(listed(line, platform).unwrap(), expected, "{line} {platform}");
    }
}

#[test]
fn errors_name_the_path() {
    for (line, expected) in [
        ("bin/{arch}", "`./bin/s390x` cannot be read: No such file"),
        ("empty", "`./empty` is an empty directory"),
        ("bin:../x", "outside the image"),
    ] {
        let message = listed(line, "linux/s390x").unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
}
