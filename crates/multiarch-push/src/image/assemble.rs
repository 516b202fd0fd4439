//! From a Dockerfile and a base image's configuration to a configuration and the files of each new layer.

use std::collections::BTreeMap;

use toolkit::rfc3339;

use super::{
    Dependencies, ImageConfig, LayerFiles, base_of,
    scope::{BuildArgs, globals},
    stage::StageState,
};
use crate::{
    context::{Context, Source, Tree},
    dockerfile::{CopyFrom, Dockerfile, Error, Kind},
};

/// What an image is assembled from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a> {
    /// The Dockerfile.
    pub(crate) file: &'a Dockerfile,
    /// The stage to build.
    pub(crate) stage: usize,
    /// The build context.
    pub(crate) context: &'a Context,
    /// Arguments and platforms.
    pub(crate) build: &'a BuildArgs<'a>,
    /// The configuration of the image that the stage is built on, none for `scratch`.
    pub(crate) base: Option<&'a ImageConfig>,
    /// Which files go into layers of their own.
    pub(crate) dependencies: &'a Dependencies,
    /// The time of everything, in seconds since 1970.
    pub(crate) epoch: u64,
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
    base: Option<&ImageConfig>,
) -> Result<StageState, Error> {
    let Inputs { file, build, .. } = inputs;
    let created = rfc3339(inputs.epoch);
    let stage_of = &file.stages[index];
    let from =
        crate::dockerfile::expand(&stage_of.from, file.escape, &|name: &str| globals.get(name).cloned())
            .map_err(|message| Error::invalid(stage_of.line, message))?;
    let mut state = match (file.earlier_stage_by_name(&from, index), base) {
        (Some(earlier), base) => stage(inputs, globals, earlier, base)?.continued(),
        (None, Some(config)) => StageState::upon(config.clone()),
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
            let new = state.copy(copy, source, instruction, file.escape)?;
            let new = inputs.dependencies.split(new, inputs.epoch);
            state.add_layers(new, &instruction.text, &created);
        } else {
            state.apply(instruction, file.escape, build, globals, &created)?;
        }
    }
    Ok(state)
}

/// Returns the files of the stage that `COPY --from` names, which are all known only if it began with nothing.
fn files_of(
    inputs: Inputs<'_>,
    globals: &BTreeMap<String, String>,
    before: usize,
    name: &str,
    line: usize,
) -> Result<Tree, Error> {
    let Some(index) = inputs.file.earlier_stage(name, before) else {
        let message = format!("`COPY --from={name}` copies out of an image, which needs a builder");
        return Err(Error::needs_builder(line, message));
    };
    if let Some(image) = base_of(inputs.file, index, inputs.build)?.image {
        let message = format!(
            "`COPY --from={name}` copies from a stage that is built on `{image}`, which needs a builder; a stage that \
             is built FROM scratch does not"
        );
        return Err(Error::needs_builder(line, message));
    }
    Ok(stage(inputs, globals, index, None)?.files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use model::Digest;

    use super::*;
    use crate::{context::Ignore, dockerfile::parse};

    const BASE: &[u8] = br#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["python3"],"WorkingDir":"/srv"},"rootfs":{"type":"layers","diff_ids":["sha256:b"]},"history":[{"created_by":"b"}]}"#;

    fn assembled(text: &str, base: bool) -> Result<(serde_json::Value, Vec<Vec<String>>), String> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("src")).unwrap();
        for file in ["app.py", "src/a.py", "wheel-arm64.whl", "wheel-amd64.whl"] {
            fs::write(root.join(file), file).unwrap();
        }
        fs::write(root.join("data.tgz"), [0x1f, 0x8b, 8, 0]).unwrap();
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
            base: base.as_ref(),
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
        assert_eq!(layers[0], ["app/app.py 644 0:0", "app/lib/a.py 600 0:0"]);
        assert_eq!(layers[1], ["bin/a.py 600 0:0"]);
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
            ("FROM base\nCOPY --from=nginx /a /b", "line 2: `COPY --from=nginx` copies out of an image"),
            (
                "FROM base AS x\nFROM base\nCOPY --from=x /a /b",
                "line 3: `COPY --from=x` copies from a stage that",
            ),
            ("FROM base\nADD data.tgz /x/", "line 2: ADD would unpack `data.tgz`"),
            ("FROM base\nCOPY --chown=app app.py /", "line 2: `--chown=app` names a user"),
            ("FROM base\nENV A=${B?unset}", "line 2: `B` is not set: unset"),
            ("FROM base\nEXPOSE x", "line 2: `x` is not a port"),
        ] {
            let message = assembled(text, true).unwrap_err();
            assert!(message.starts_with(expected), "{text}: {message}");
        }
    }
}
