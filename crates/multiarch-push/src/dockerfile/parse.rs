//! From logical lines to stages and instructions.

use super::{
    CommandLine, Copy, Error, Healthcheck, Instruction, Kind,
    lines::{self, Line},
    words::{exec_form, pairs, split_words, take_flags},
};

/// A parsed Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dockerfile {
    /// The escape character.
    pub(crate) escape: char,
    /// `ARG` before the first `FROM`: name and default, with its line.
    pub(crate) global_args: Vec<(usize, String, Option<String>)>,
    /// The stages, at least one.
    pub(crate) stages: Vec<Stage>,
}

/// One `FROM` and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    /// The line of its `FROM`, from 1.
    pub(crate) line: usize,
    /// `AS name`, in lowercase.
    pub(crate) name: Option<String>,
    /// The image or earlier stage, as written.
    pub(crate) from: String,
    /// `--platform=`, as written.
    pub(crate) platform: Option<String>,
    /// The instructions.
    pub(crate) instructions: Vec<Instruction>,
}

/// Parses a Dockerfile.
pub(crate) fn parse(text: &str) -> Result<Dockerfile, Error> {
    let lines::Lines { escape, lines } = lines::split(text)?;
    let mut file = Dockerfile { escape, global_args: Vec::new(), stages: Vec::new() };
    for line in &lines {
        let (keyword, rest) = line.text.split_once(char::is_whitespace).unwrap_or((&line.text, ""));
        let (keyword, rest) = (keyword.to_ascii_uppercase(), rest.trim());
        if keyword == "FROM" {
            file.stages.push(stage(rest, line.number)?);
            continue;
        }
        let kind = kind(&keyword, rest, line, escape)?;
        match (file.stages.last_mut(), kind) {
            (Some(stage), kind) => stage.instructions.push(Instruction {
                line: line.number,
                text: format!("{keyword} {rest}").trim_end().to_owned(),
                kind,
            }),
            (None, Kind::Arg(args)) => {
                file.global_args.extend(args.into_iter().map(|(name, value)| (line.number, name, value)));
            }
            (None, _) => {
                return Err(Error::invalid(line.number, format!("{keyword} stands before the first FROM")));
            }
        }
    }
    if file.stages.is_empty() {
        return Err(Error::invalid(1, "there is no FROM"));
    }
    Ok(file)
}

fn stage(mut rest: &str, line: usize) -> Result<Stage, Error> {
    let mut platform = None;
    for (flag, value) in take_flags(&mut rest) {
        match (flag, value) {
            ("platform", Some(value)) => platform = Some(value.to_owned()),
            _ => return Err(Error::invalid(line, format!("FROM has no flag `--{flag}` of this form"))),
        }
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (from, name) = match words.as_slice() {
        [from] => (*from, None),
        [from, keyword, name] if keyword.eq_ignore_ascii_case("as") => {
            (*from, Some(name.to_ascii_lowercase()))
        }
        _ => return Err(Error::invalid(line, "FROM takes an image and, if wanted, `AS name`")),
    };
    let name_is_valid = |name: &String| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
    };
    if let Some(bad) = name.as_ref().filter(|name| !name_is_valid(name)) {
        return Err(Error::invalid(line, format!("`{bad}` is not a stage's name: it begins with a letter")));
    }
    Ok(Stage { line, name, from: from.to_owned(), platform, instructions: Vec::new() })
}

fn kind(keyword: &str, rest: &str, line: &Line, escape: char) -> Result<Kind, Error> {
    let invalid = |message: String| Error::invalid(line.number, message);
    let one = |rest: &str| match rest {
        "" => Err(invalid(format!("{keyword} needs a value"))),
        _ => Ok(rest.to_owned()),
    };
    let named = |result: Result<_, String>| result.map_err(|message| invalid(format!("{keyword} {message}")));
    let words = |rest: &str| match exec_form(rest).unwrap_or_else(|| split_words(rest, escape)) {
        words if words.is_empty() => Err(invalid(format!("{keyword} needs at least one value"))),
        words => Ok(words),
    };
    Ok(match keyword {
        "ARG" => Kind::Arg(args(rest, escape).map_err(|message| invalid(format!("ARG {message}")))?),
        "ENV" => Kind::Env(named(pairs(rest, escape))?),
        "LABEL" => Kind::Label(named(pairs(rest, escape))?),
        "WORKDIR" => Kind::Workdir(one(rest)?),
        "USER" => Kind::User(one(rest)?),
        "STOPSIGNAL" => Kind::StopSignal(one(rest)?),
        "MAINTAINER" => Kind::Maintainer(one(rest)?),
        "EXPOSE" => Kind::Expose(words(rest)?),
        "VOLUME" => Kind::Volume(words(rest)?),
        "ENTRYPOINT" => Kind::Entrypoint(command_line(rest)),
        "CMD" => Kind::Cmd(command_line(rest)),
        "SHELL" => Kind::Shell(exec_form(rest).filter(|words| !words.is_empty()).ok_or_else(|| {
            invalid("SHELL takes a JSON array, such as `[\"/bin/sh\", \"-c\"]`".to_owned())
        })?),
        "HEALTHCHECK" => Kind::Healthcheck(healthcheck(rest).map_err(invalid)?),
        "COPY" | "ADD" if line.has_heredoc => {
            Kind::NeedsBuilder(format!("{keyword} with a heredoc needs a builder"))
        }
        "COPY" => Kind::Copy(Copy::parse("COPY", rest, line.number)?),
        "ADD" => match add_of_remote(rest) {
            Some(source) => {
                Kind::NeedsBuilder(format!("ADD of `{source}` is a download, which needs a builder"))
            }
            None => Kind::Copy(Copy::parse("ADD", rest, line.number)?),
        },
        "RUN" => Kind::NeedsBuilder("RUN needs a builder".to_owned()),
        "ONBUILD" => Kind::NeedsBuilder("ONBUILD needs a builder".to_owned()),
        _ => return Err(invalid(format!("`{keyword}` is not an instruction"))),
    })
}

fn args(rest: &str, escape: char) -> Result<Vec<(String, Option<String>)>, String> {
    let words = split_words(rest, escape);
    if words.is_empty() {
        return Err("needs a name".to_owned());
    }
    words
        .into_iter()
        .map(|word| match word.split_once('=') {
            Some(("", _)) => Err(format!("`{word}` has no name")),
            Some((name, value)) => Ok((name.to_owned(), Some(value.to_owned()))),
            None => Ok((word, None)),
        })
        .collect()
}

fn command_line(rest: &str) -> CommandLine {
    match exec_form(rest) {
        Some(words) => CommandLine::Exec(words),
        None => CommandLine::Shell(rest.to_owned()),
    }
}

fn add_of_remote(rest: &str) -> Option<String> {
    let mut rest = rest;
    take_flags(&mut rest);
    let words = exec_form(rest).unwrap_or_else(|| rest.split_whitespace().map(str::to_owned).collect());
    words.into_iter().find(|word| {
        ["http://", "https://", "git://", "ssh://"].iter().any(|scheme| word.starts_with(scheme))
            || word.starts_with("git@")
    })
}

fn healthcheck(mut rest: &str) -> Result<Healthcheck, String> {
    if rest.eq_ignore_ascii_case("NONE") {
        return Ok(Healthcheck::None);
    }
    let mut options = Vec::new();
    for (flag, value) in take_flags(&mut rest) {
        let value = value.ok_or_else(|| format!("HEALTHCHECK --{flag} needs a value"))?;
        let key = match flag {
            "interval" => "Interval",
            "timeout" => "Timeout",
            "start-period" => "StartPeriod",
            "start-interval" => "StartInterval",
            "retries" => "Retries",
            _ => return Err(format!("HEALTHCHECK has no flag `--{flag}`")),
        };
        let number = if key == "Retries" {
            value.parse().map_err(|_| format!("`--retries={value}` is not a number"))?
        } else {
            let duration = model::parse_duration(value).map_err(|error| error.to_string())?;
            u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
        };
        options.push((key, number));
    }
    let (keyword, command) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if !keyword.eq_ignore_ascii_case("CMD") || command.trim().is_empty() {
        return Err("HEALTHCHECK takes `NONE` or `CMD command`".to_owned());
    }
    Ok(Healthcheck::Command { command: command_line(command.trim()), options })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Kind {
        let mut file = parse(&format!("FROM a\n{text}")).unwrap();
        file.stages.remove(0).instructions.remove(0).kind
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn reads_every_instruction() {
        let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
        for (text, kind) in [
            ("arg A=1 B", Kind::Arg(vec![("A".into(), Some("1".into())), ("B".into(), None)])),
            ("ENV A $B", Kind::Env(pair("A", "$B"))),
            ("LABEL a.b=\"c d\"", Kind::Label(pair("a.b", "\"c d\""))),
            ("WORKDIR /a b", Kind::Workdir("/a b".into())),
            ("USER 1:2", Kind::User("1:2".into())),
            ("EXPOSE 80 53/udp", Kind::Expose(words(&["80", "53/udp"]))),
            ("VOLUME [\"/a\"]", Kind::Volume(words(&["/a"]))),
            ("CMD a b", Kind::Cmd(CommandLine::Shell("a b".into()))),
            ("ENTRYPOINT [\"a\"]", Kind::Entrypoint(CommandLine::Exec(words(&["a"])))),
            ("CMD []", Kind::Cmd(CommandLine::Exec(vec![]))),
            ("SHELL [\"/bin/bash\", \"-c\"]", Kind::Shell(words(&["/bin/bash", "-c"]))),
            ("STOPSIGNAL SIGQUIT", Kind::StopSignal("SIGQUIT".into())),
            ("HEALTHCHECK NONE", Kind::Healthcheck(Healthcheck::None)),
            (
                "HEALTHCHECK --interval=5s --retries=3 CMD [\"a\"]",
                Kind::Healthcheck(Healthcheck::Command {
                    command: CommandLine::Exec(words(&["a"])),
                    options: vec![("Interval", 5_000_000_000), ("Retries", 3)],
                }),
            ),
            ("RUN a", Kind::NeedsBuilder("RUN needs a builder".into())),
            (
                "ADD https://a/b /c",
                Kind::NeedsBuilder("ADD of `https://a/b` is a download, which needs a builder".into()),
            ),
            ("COPY <<EOF /a\nx\nEOF", Kind::NeedsBuilder("COPY with a heredoc needs a builder".into())),
        ] {
            assert_eq!(only(text), kind, "{text}");
        }
    }

    #[test]
    fn stages_and_global_arguments() {
        let file = parse("ARG V=3\nFROM --platform=$BUILDPLATFORM a:$V AS Build\nFROM build").unwrap();
        assert_eq!(file.global_args, [(1, "V".to_owned(), Some("3".to_owned()))]);
        assert_eq!(file.stages[0].name.as_deref(), Some("build"));
        assert_eq!(file.stages[0].platform.as_deref(), Some("$BUILDPLATFORM"));
        assert_eq!((file.stages[1].line, file.stages[1].from.as_str()), (3, "build"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in "(FROM a\n)?([A-Z]{0,8}[ =\"'$\\\\{}<#-]{0,4}[a-z\n ]{0,6}){0,12}") {
            if let Ok(file) = parse(&text) {
                proptest::prop_assert!(!file.stages.is_empty());
                super::super::obstacle(&file, file.stages.len() - 1);
            }
        }

        #[test]
        fn no_word_breaks_the_expansion(word in "[$A-C{}:?+'\"\\\\-]{0,12}") {
            let _ = super::super::expand(&word, '\\', &|name: &str| (name == "A").then(|| "x".to_owned()));
        }
    }

    #[test]
    fn errors_have_the_line() {
        for (text, expected) in [
            ("", "line 1: there is no FROM"),
            ("CMD a", "line 1: CMD stands before the first FROM"),
            ("FROM a\nFORM b", "line 2: `FORM` is not an instruction"),
            ("FROM a b", "line 1: FROM takes an image and, if wanted, `AS name`"),
            ("FROM a AS 1x", "line 1: `1x` is not a stage's name: it begins with a letter"),
            ("FROM a\n\nENV", "line 3: ENV needs at least one `name=value`"),
            ("FROM a\nSHELL sh", "line 2: SHELL takes a JSON array, such as `[\"/bin/sh\", \"-c\"]`"),
            ("FROM a\nHEALTHCHECK x", "line 2: HEALTHCHECK takes `NONE` or `CMD command`"),
            ("FROM a\nWORKDIR", "line 2: WORKDIR needs a value"),
            ("FROM a\nEXPOSE", "line 2: EXPOSE needs at least one value"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
        }
    }
}
