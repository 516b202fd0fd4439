//! COPY and ADD.

use super::{
    Error,
    words::{exec_form, take_flags},
};

/// Files to be put into the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// `COPY` or `ADD`, for messages.
    pub(crate) keyword: &'static str,
    /// Where the sources are.
    pub(crate) from: CopyFrom,
    /// Paths or patterns, as written.
    pub(crate) sources: Vec<String>,
    /// Where they go, as written.
    pub(crate) destination: String,
    /// `--chown`, as written.
    pub(crate) chown: Option<String>,
    /// `--chmod`, as written.
    pub(crate) chmod: Option<String>,
}

/// Where the sources of a COPY are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CopyFrom {
    /// The build context.
    Context,
    /// `--from=`: an earlier stage, or an image.
    Other(String),
}

/// Numeric user and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Owner {
    /// The user.
    pub(crate) uid: u32,
    /// The group.
    pub(crate) gid: u32,
}

impl Owner {
    /// Reads `--chown`. Names other than `root` stand in the image's own `/etc/passwd`, which is not at hand.
    /// A user without a group is given the group of the same number.
    pub(crate) fn parse(text: &str, line: usize) -> Result<Self, Error> {
        let id = |word: &str| {
            match word {
            "root" => Ok(0),
            _ => word.parse::<u32>().map_err(|_| {
                Error::needs_builder(
                    line,
                    format!(
                        "`--chown={text}` names a user that only the image's /etc/passwd knows; write numbers, \
                         such as `--chown=1000:1000`"
                    ),
                )
            }),
        }
        };
        let (user, group) = text.split_once(':').unwrap_or((text, text));
        Ok(Self { uid: id(user)?, gid: id(group)? })
    }
}

impl Copy {
    /// Reads what follows the keyword.
    pub(super) fn parse(keyword: &'static str, mut text: &str, line: usize) -> Result<Self, Error> {
        let mut copy = Self {
            keyword,
            from: CopyFrom::Context,
            sources: Vec::new(),
            destination: String::new(),
            chown: None,
            chmod: None,
        };
        for (flag, value) in take_flags(&mut text) {
            let needed = || {
                value
                    .map(str::to_owned)
                    .ok_or_else(|| Error::invalid(line, format!("{keyword} --{flag} needs a value")))
            };
            match flag {
                "from" if keyword == "COPY" => copy.from = CopyFrom::Other(needed()?),
                "chown" => copy.chown = Some(needed()?),
                "chmod" => copy.chmod = Some(needed()?),
                // Every layer here is independent of those below it, which is what `--link` asks for.
                "link" => {}
                "parents" | "exclude" | "keep-git-dir" | "checksum" | "unpack" => {
                    return Err(Error::needs_builder(line, format!("{keyword} --{flag} needs a builder")));
                }
                _ => return Err(Error::invalid(line, format!("{keyword} has no flag `--{flag}`"))),
            }
        }
        copy.sources =
            exec_form(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect());
        copy.destination = copy.sources.pop().unwrap_or_default();
        if copy.sources.is_empty() {
            return Err(Error::invalid(
                line,
                format!("{keyword} needs at least one source and a destination"),
            ));
        }
        Ok(copy)
    }

    /// Reads the value of `--chmod`: octal digits.
    pub(crate) fn parse_mode(text: &str, line: usize) -> Result<u32, Error> {
        u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777).ok_or_else(|| {
            let message = format!("`--chmod={text}` is not octal; write it so, such as `--chmod=755`");
            Error::needs_builder(line, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_numbers() {
        assert_eq!(Owner::parse("1000", 1).unwrap(), Owner { uid: 1000, gid: 1000 });
        assert_eq!(Owner::parse("root:5", 1).unwrap(), Owner { uid: 0, gid: 5 });
        for text in ["app", "1:app", "", "-1"] {
            assert!(Owner::parse(text, 1).is_err(), "{text}");
        }
    }

    #[test]
    fn modes_are_octal() {
        assert_eq!(Copy::parse_mode("0755", 1).unwrap(), 0o755);
        for text in ["u+x", "888", "17777", ""] {
            assert!(Copy::parse_mode(text, 1).is_err(), "{text}");
        }
    }

    #[test]
    fn both_forms() {
        let copy = Copy::parse("COPY", "--chown=1:2 --link [\"a b\", \"/c/\"]", 1).unwrap();
        assert_eq!((copy.sources, copy.destination.as_str()), (vec!["a b".to_owned()], "/c/"));
        assert_eq!(copy.chown.as_deref(), Some("1:2"));
        let copy = Copy::parse("COPY", "--from=x a b /c/", 1).unwrap();
        assert_eq!((copy.from, copy.sources.len()), (CopyFrom::Other("x".to_owned()), 2));
    }

    #[test]
    fn refusals() {
        for (keyword, text, message) in [
            ("COPY", "a", "needs at least one source"),
            ("COPY", "--chown a b", "--chown needs a value"),
            ("COPY", "--bad=1 a b", "no flag `--bad`"),
            ("ADD", "--from=x a b", "no flag `--from`"),
            ("COPY", "--parents a b", "needs a builder"),
        ] {
            let error = Copy::parse(keyword, text, 3).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }
}
