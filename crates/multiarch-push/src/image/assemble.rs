//! From a Dockerfile and a base image's configuration to a configuration and the files of each new layer.

use std::{collections::BTreeMap, path::Path};

use toolkit::rfc3339;

use super::{
    Dependencies, FileSystems, ImageConfig, LayerFiles,
    beneath::{IsDirectory, is_directory},
    filesystem::origin_of,
    scope::{BuildArgs, globals},
    stage::StageState,
};
use crate::{
    context::{Context, Source, Tree, lay},
    dockerfile::{CopyFrom, Dockerfile, Error, Kind},
};

/// What an image is assembled from.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    /// The Dockerfile.
    pub(crate) file: &'a Dockerfile,
    /// The stage to build.
    pub(crate) stage: usize,
    /// The build context.
    pub(crate) context: &'a Context,
    /// Arguments and platforms.
    pub(crate) build: &'a BuildArgs<'a>,
    /// The image that the stage is built on, none for `scratch`.
    pub(crate) base: Option<Base<'a>>,
    /// The images that files are copied from.
    pub(crate) images: &'a FileSystems,
    /// The directory for what has to be unpacked.
    pub(crate) spool: &'a Path,
    /// Which files go into layers of their own.
    pub(crate) dependencies: &'a Dependencies,
    /// The time of everything, in seconds since 1970.
    pub(crate) epoch: u64,
}

/// What a stage is built on.
#[derive(Clone, Copy)]
pub(crate) struct Base<'a> {
    /// Its configuration.
    pub(crate) config: &'a ImageConfig,
    /// Says which of its paths are directories.
    pub(crate) is_directory: &'a IsDirectory<'a>,
}

/// An image without its layers' bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assembly {
    /// The configuration, with the history of the new layers.
    pub(crate) config: ImageConfig,
    /// The files of each new layer.
    pub(crate) layers: Vec<LayerFiles>,
}

/// Assembles one platform's image.
pub(crate) fn assemble(inputs: Inputs<'_>) -> Result<Assembly, Error> {
    let globals = globals(inputs.file, inputs.build)?;
    let state = stage(inputs, &globals, inputs.stage, inputs.base)?;
    Ok(Assembly { config: state.config, layers: state.layers })
}

/// Builds a stage upon the one that it names, or upon `base`.
fn stage(
    inputs: Inputs<'_>,
    globals: &BTreeMap<String, String>,
    index: usize,
    base: Option<Base<'_>>,
) -> Result<StageState, Error> {
    let Inputs { file, build, .. } = inputs;
    let created = rfc3339(inputs.epoch);
    let stage_of = &file.stages[index];
    let from =
        crate::dockerfile::expand(&stage_of.from, file.escape, &|name: &str| globals.get(name).cloned())
            .map_err(|message| Error::invalid(stage_of.line, message))?;
    let mut state = match (file.earlier_stage_by_name(&from, index), base) {
        (Some(earlier), base) => stage(inputs, globals, earlier, base)?.continued(),
        (None, Some(base)) => StageState::upon(base.config.clone()),
        (None, None) => StageState::upon_nothing(build.platform),
    };
    if !state.config.list("OnBuild").is_empty() {
        let message = format!("the image `{from}` has ONBUILD instructions, which need a builder");
        return Err(Error::needs_builder(stage_of.line, message));
    }
    for instruction in &stage_of.instructions {
        if let Kind::Copy(copy) = &instruction.kind {
            let from_stage;
            let source = match &copy.from {
                CopyFrom::Context => Source::Context(inputs.context),
                CopyFrom::Other(name) => {
                    from_stage = files_of(inputs, globals, index, name, instruction.line)?;
                    Source::Stage(&from_stage)
                }
            };
            let beneath = base.map(|base| base.is_directory);
            let new = state.copy(copy, source, instruction, file.escape, (inputs.spool, beneath))?;
            let new = inputs.dependencies.split(new, inputs.epoch);
            state.add_layers(new, &instruction.text, &created);
        } else {
            state.apply(instruction, file.escape, build, globals, &created)?;
        }
    }
    Ok(state)
}

/// Returns the files of what `COPY --from` names: an earlier stage, with those of the image that it is built on, or
/// an image.
fn files_of(
    inputs: Inputs<'_>,
    globals: &BTreeMap<String, String>,
    before: usize,
    name: &str,
    line: usize,
) -> Result<Tree, Error> {
    let image = match origin_of(inputs.file, name, (before, line), inputs.build)? {
        Some(origin) => Some(inputs.images.get(&origin).ok_or_else(|| {
            Error::invalid(line, format!("the files of `{}` for {} are not there", origin.0, origin.1))
        })?),
        None => None,
    };
    let mut tree = image.map(|image| image.tree.clone()).unwrap_or_default();
    if let Some(index) = inputs.file.earlier_stage(name, before) {
        let beneath = |path: &Path| Some(image.is_some_and(|image| is_directory(&image.tree, path)));
        let base = image.map(|image| Base { config: &image.config, is_directory: &beneath });
        let built = stage(inputs, globals, index, base)?;
        for (path, node) in built.files {
            lay(&mut tree, &path, node).ok_or_else(|| {
                Error::invalid(
                    line,
                    format!("the way to `/{}` in that stage has too many links", path.display()),
                )
            })?;
        }
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use model::Digest;

    use super::*;
    use crate::{
        context::{Ignore, Node, NodeKind},
        dockerfile::{Owner, parse},
        image::filesystem::FileSystem,
    };

    const BASE: &[u8] = br#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["python3"],"WorkingDir":"/srv"},"rootfs":{"type":"layers","diff_ids":["sha256:b"]},"history":[{"created_by":"b"}]}"#;

    /// Two images for the platform of these tests, with a file each.
    fn images() -> FileSystems {
        let node = |kind| Node { kind, mode: 0o750, owner: Owner { uid: 3, gid: 4 } };
        let file = || node(NodeKind::File { source: "x".into(), offset: 512, size: 1 });
        let tree = Tree::from([
            ("bin".into(), node(NodeKind::Symlink("usr/bin".into()))),
            ("usr/bin".into(), node(NodeKind::Directory)),
            ("usr/bin/tool".into(), node(NodeKind::Symlink("tool-1".into()))),
            ("usr/bin/tool-1".into(), file()),
        ]);
        let image = |name: &str| {
            let config = ImageConfig::of_base(BASE).unwrap();
            let origin = (name.parse().unwrap(), "linux/arm64".parse().unwrap());
            (origin, FileSystem { config, tree: tree.clone() })
        };
        FileSystems::from([image("tools"), image("base")])
    }

    fn assembled(text: &str, base: bool) -> Result<(serde_json::Value, Vec<Vec<String>>), String> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("src")).unwrap();
        for file in ["app.py", "src/a.py", "wheel-arm64.whl", "wheel-amd64.whl"] {
            fs::write(root.join(file), file).unwrap();
        }
        fs::write(root.join("data.tgz"), [0x1f, 0x8b, 8, 0]).unwrap();
        fs::write(root.join("data.xz"), [0xfd, b'7', b'z', b'X', b'Z', 0]).unwrap();
        let mut archive = tar::Builder::new(Vec::new());
        archive.append_dir_all("src", root.join("src")).unwrap();
        fs::write(root.join("data.tar"), archive.into_inner().unwrap()).unwrap();
        let context = Context::new(root, Ignore::default());
        let file = parse(text).map_err(|error| error.to_string())?;
        let given = BTreeMap::from([("GIVEN".to_owned(), "given".to_owned())]);
        let (platform, build_platform) = ("linux/arm64".parse().unwrap(), "linux/amd64".parse().unwrap());
        let build = BuildArgs { given: &given, platform: &platform, build_platform: &build_platform };
        let base = base.then(|| ImageConfig::of_base(BASE).unwrap());
        let inputs = Inputs {
            file: &file,
            stage: file.stages.len() - 1,
            context: &context,
            build: &build,
            base: base
                .as_ref()
                .map(|config| Base { config, is_directory: &|path| Some(path == Path::new("www")) }),
            images: &images(),
            spool: directory.path(),
            dependencies: &Dependencies::default(),
            epoch: 5,
        };
        let assembly = assemble(inputs).map_err(|error| error.to_string())?;
        let layers = assembly.layers.iter().map(|layer| {
            let line = |(path, node): (&std::path::PathBuf, &crate::context::Node)| {
                format!("{} {:o} {}:{}", path.display(), node.mode, node.owner.uid, node.owner.gid)
            };
            layer.tree.iter().map(line).collect()
        });
        let layers = layers.collect();
        let digests: Vec<Digest> = assembly.layers.iter().map(|_| Digest::from_sha256([0; 32])).collect();
        let (bytes, _) = assembly.config.finish("T", &digests);
        Ok((serde_json::from_slice(&bytes).unwrap(), layers))
    }

    #[test]
    fn the_configuration_follows_the_instructions() {
        let (config, layers) = assembled(
            "ARG G=global\nFROM base\nARG G\nARG GIVEN=x\nARG OWN=$G-own\nARG TARGETARCH\nARG UNSET\n\
             ENV A=$G B=${OWN} C=$GIVEN D=${UNSET:-none} PATH=/app:$PATH\nENV E=$A\nARG A=shadowed\n\
             WORKDIR /app\nWORKDIR sub\nCOPY wheel-$TARGETARCH.whl ./\nLABEL l=\"a $G\"\nEXPOSE 8080 53/udp 90-91\n\
             USER 1000\nVOLUME /data\nSTOPSIGNAL SIGQUIT\nENTRYPOINT [\"python3\"]\n\
             HEALTHCHECK --retries=2 CMD curl localhost\nENV F=$A",
            true,
        )
        .unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&config["config"]).unwrap(), @r#"
        {
          "Env": [
            "PATH=/app:/bin",
            "A=global",
            "B=global-own",
            "C=given",
            "D=none",
            "E=global",
            "F=global"
          ],
          "WorkingDir": "/app/sub",
          "Labels": {
            "l": "a global"
          },
          "ExposedPorts": {
            "8080/tcp": {},
            "53/udp": {},
            "90/tcp": {},
            "91/tcp": {}
          },
          "User": "1000",
          "Volumes": {
            "/data": {}
          },
          "StopSignal": "SIGQUIT",
          "Entrypoint": [
            "python3"
          ],
          "Healthcheck": {
            "Test": [
              "CMD-SHELL",
              "curl localhost"
            ],
            "Retries": 2
          }
        }
        "#);
        assert_eq!(layers, [["app/sub/wheel-arm64.whl 644 0:0"]]);
        let history: Vec<String> = config["history"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| format!("{} {}", entry["created_by"].as_str().unwrap(), entry["empty_layer"]))
            .collect();
        assert_eq!(history[..3], ["b null", "ARG G true", "ARG GIVEN=x true"]);
        assert!(history.contains(&"COPY wheel-$TARGETARCH.whl ./ null".to_owned()), "{history:?}");
        assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn entrypoint_and_command() {
        for (text, entrypoint, cmd) in [
            ("CMD a b", "null", r#"["/bin/sh","-c","a b"]"#),
            ("ENTRYPOINT [\"e\"]", r#"["e"]"#, "null"),
            ("CMD [\"c\"]\nENTRYPOINT [\"e\"]", r#"["e"]"#, r#"["c"]"#),
            ("SHELL [\"/bin/bash\", \"-ec\"]\nCMD x", "null", r#"["/bin/bash","-ec","x"]"#),
            ("WORKDIR x", "null", r#"["python3"]"#),
        ] {
            let (config, _) = assembled(&format!("FROM base\n{text}"), true).unwrap();
            let found = (config["config"]["Entrypoint"].to_string(), config["config"]["Cmd"].to_string());
            assert_eq!(found, (entrypoint.to_owned(), cmd.to_owned()), "{text}");
        }
    }

    #[test]
    fn stages_build_upon_and_copy_from_each_other() {
        let (config, layers) = assembled(
            "FROM scratch AS assets\nWORKDIR /out\nCOPY --chmod=600 --chown=5:6 src/ lib/\nADD app.py .\n\
             FROM base AS web\nENV W=1\nFROM web\nCOPY --from=assets /out /app/\nCOPY --from=0 /out/lib/*.py /bin/",
            true,
        )
        .unwrap();
        assert_eq!(config["config"]["Env"].to_string(), r#"["PATH=/bin","W=1"]"#);
        assert_eq!(layers[0], ["app/app.py 644 0:0", "app/lib 755 5:6", "app/lib/a.py 600 5:6"]);
        assert_eq!(layers[1], ["bin/a.py 600 5:6"]);
    }

    #[test]
    fn files_come_from_images_and_from_stages_upon_them() {
        let (_, layers) = assembled(
            "FROM base AS built\nWORKDIR /out\nCOPY app.py /bin/app\nFROM base\n\
             COPY --from=tools /bin/tool /opt/\nCOPY --from=built --chown=0:0 /usr/bin/ /x/",
            true,
        )
        .unwrap();
        assert_eq!(layers[0], ["opt/tool 750 3:4"]);
        assert_eq!(
            layers[1],
            ["x/app 644 0:0", "x/tool 777 0:0", "x/tool-1 750 0:0"].map(|line| line.replace("777", "750"))
        );
    }

    #[test]
    fn a_file_goes_into_a_directory_of_the_base() {
        let text = "FROM base\nCOPY app.py /www\nADD app.py /www\nCOPY app.py /other\nCOPY app.py /www/other";
        let (_, layers) = assembled(text, true).unwrap();
        let expected =
            [["www/app.py 644 0:0"], ["www/app.py 644 0:0"], ["other 644 0:0"], ["www/other 644 0:0"]];
        assert_eq!(layers, expected);
        // So it does in a stage that files are copied from.
        let text = "FROM tools AS x\nCOPY app.py /usr/bin\nFROM scratch\nCOPY --from=x /usr/bin/app.py /";
        assert_eq!(assembled(text, false).unwrap().1, [["app.py 644 0:0"]]);
    }

    #[test]
    fn add_unpacks_archives() {
        let (_, layers) = assembled("FROM base\nADD --chown=1:2 data.tar app.py /x/", true).unwrap();
        assert_eq!(layers[0], ["x/app.py 644 1:2", "x/src 755 1:2", "x/src/a.py 644 1:2"]);
    }

    #[test]
    fn an_image_from_nothing_has_its_directories() {
        let (_, layers) = assembled("FROM scratch\nCOPY src /srv/x/\nCOPY app.py /srv/", false).unwrap();
        assert_eq!(layers[0], ["srv 755 0:0", "srv/x 755 0:0", "srv/x/a.py 644 0:0"]);
        assert_eq!(layers[1], ["srv/app.py 644 0:0"]);
    }

    #[test]
    fn refusals_name_the_line() {
        for (text, expected) in [
            ("FROM base\n\nRUN x", "line 3: RUN needs a builder"),
            ("FROM base\nCOPY none /x", "line 2: `none` is not in the context"),
            ("FROM base\nCOPY --from=tools /a /b", "line 2: `/a` is not in that stage or image"),
            ("FROM base AS x\nFROM base\nCOPY --from=x /a /b", "line 3: `/a` is not in that stage or image"),
            ("FROM base\nCOPY --from=To /a /b", "line 2: `--from=To` names no earlier stage, and"),
            ("FROM base\nADD data.xz /x/", "line 2: ADD would unpack `data.xz`"),
            ("FROM base\nADD data.tgz /x/", "line 2: `data.tgz` cannot be unpacked"),
            ("FROM base\nCOPY --chown=app app.py /", "line 2: `--chown=app` names a user"),
            ("FROM base\nENV A=${B?unset}", "line 2: `B` is not set: unset"),
            ("FROM base\nEXPOSE x", "line 2: `x` is not a port"),
        ] {
            let message = assembled(text, true).unwrap_err();
            assert!(message.starts_with(expected), "{text}: {message}");
        }
    }
}
