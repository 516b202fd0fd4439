//! Decisions: who builds, and what happens to each tag.

use std::path::PathBuf;

use model::{Digest, Failure, Tag};

use crate::{
    codes,
    dockerfile::Error,
    request::{Builder, BuilderChoice, OnExisting},
};

/// How a Dockerfile becomes an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Method {
    /// It is assembled in this process.
    Assemble,
    /// This program builds it.
    Build(Builder, PathBuf),
}

/// Decides who builds. `obstacle` is the first instruction that cannot be assembled; `available` are the builders
/// on `PATH`.
pub(crate) fn method(
    choice: BuilderChoice,
    obstacle: Option<Error>,
    available: &[(Builder, PathBuf)],
    file: &str,
) -> Result<Method, Failure> {
    let find = |wanted: Builder| available.iter().find(|(builder, _)| *builder == wanted);
    let build = |(builder, path): &(Builder, PathBuf)| Method::Build(*builder, path.clone());
    match (choice, obstacle) {
        (BuilderChoice::Only(builder), _) => find(builder).map(build).ok_or_else(|| {
            let text =
                format!("`builder` is `{}`, and `{}` is not on PATH", builder.as_str(), builder.program());
            Failure::new(&codes::DOCKERFILE_NEEDS_BUILDER, text)
                .with_remedy("Install it on the runner, or leave `builder` at `auto`.")
        }),
        (_, None) => Ok(Method::Assemble),
        (BuilderChoice::None, Some(obstacle)) => Err(obstacle.into_failure(file)),
        (BuilderChoice::Auto, Some(obstacle)) => available.first().map(build).ok_or_else(|| {
            obstacle.into_failure(file).with_note("none of docker buildx, buildctl and buildah is on PATH")
        }),
    }
}

/// A tag and what the registry has under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagState {
    /// The tag.
    pub(crate) tag: Tag,
    /// Whether it may be moved.
    pub(crate) moves: bool,
    /// The digest that it has, none if it does not exist.
    pub(crate) existing: Option<Digest>,
}

/// What happens to a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TagStep {
    /// It stays as it is.
    Keep,
    /// It is made.
    Create,
    /// It is moved from another image.
    Move {
        /// The other image.
        from: Digest,
    },
}

/// What is known before anything is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Early {
    /// Go on.
    Go,
    /// The image is there, under this digest: nothing is built, and all tags are to name it.
    Adopt(Digest),
}

/// Decides whether to build at all.
pub(crate) fn before_build(states: &[TagState], on_existing: OnExisting) -> Result<Early, Failure> {
    let fixed = || states.iter().filter(|state| !state.moves);
    match on_existing {
        OnExisting::Fail => match fixed().find_map(|state| Some((&state.tag, state.existing.as_ref()?))) {
            Some((tag, digest)) => {
                Err(Failure::new(&codes::TAG_EXISTS, format!("the tag `{tag}` exists already, as {digest}")))
            }
            None => Ok(Early::Go),
        },
        OnExisting::Skip => {
            let mut there = fixed().filter_map(|state| Some((&state.tag, state.existing.as_ref()?)));
            let Some((tag, digest)) = there.next() else { return Ok(Early::Go) };
            match there.find(|(_, other)| *other != digest) {
                None => Ok(Early::Adopt(digest.clone())),
                Some((other_tag, other)) => Err(Failure::new(
                    &codes::TAG_EXISTS_DIFFERENT,
                    format!(
                        "`on-existing` is `skip`, and the tags `{tag}` and `{other_tag}` exist already and name different images: {digest} and {other}"
                    ),
                )
                .with_remedy("Give in `tags` only tags that are new or name the same image.")),
            }
        }
        OnExisting::SameDigestOk | OnExisting::Overwrite => Ok(Early::Go),
    }
}

/// Decides whether to build at all for several destinations: not if each of them has the image, and all the same one.
pub(crate) fn before_building(
    destinations: &[Vec<TagState>],
    on_existing: OnExisting,
) -> Result<Early, Failure> {
    let early = destinations
        .iter()
        .map(|states| before_build(states, on_existing))
        .collect::<Result<Vec<_>, Failure>>()?;
    let mut adopted: Option<Digest> = None;
    for early in early {
        match (early, &adopted) {
            (Early::Go, _) => return Ok(Early::Go),
            (Early::Adopt(digest), Some(other)) if digest != *other => {
                let text = format!(
                    "the destinations have different images under the same tags: {other} and {digest}"
                );
                return Err(Failure::new(&codes::TAG_EXISTS_DIFFERENT, text));
            }
            (Early::Adopt(digest), _) => adopted = Some(digest),
        }
    }
    Ok(adopted.map_or(Early::Go, Early::Adopt))
}

/// Decides what happens to a tag, now that the image's digest is known.
pub(crate) fn tag_step(
    state: &TagState,
    digest: &Digest,
    on_existing: OnExisting,
) -> Result<TagStep, Failure> {
    let Some(existing) = &state.existing else { return Ok(TagStep::Create) };
    let tag = &state.tag;
    match (existing == digest, state.moves, on_existing) {
        (true, false, OnExisting::Fail) => {
            Err(Failure::new(&codes::TAG_EXISTS, format!("the tag `{tag}` exists already, as {existing}")))
        }
        (true, ..) => Ok(TagStep::Keep),
        (false, true, _) | (false, _, OnExisting::Overwrite) => Ok(TagStep::Move { from: existing.clone() }),
        // Under `skip`, it has come into being since the image that is there was looked for.
        (false, false, OnExisting::SameDigestOk | OnExisting::Skip | OnExisting::Fail) => Err(Failure::new(
            &codes::TAG_EXISTS_DIFFERENT,
            format!("the tag `{tag}` exists already and names another image: {existing}, and not {digest}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::from_sha256([byte; 32])
    }

    fn state(moves: bool, existing: Option<u8>) -> TagState {
        TagState { tag: "v1".parse().unwrap(), moves, existing: existing.map(digest) }
    }

    #[test]
    fn a_tag_moves_only_if_it_may() {
        use OnExisting::{Fail, Overwrite, SameDigestOk, Skip};
        for (moves, existing, rule, expected) in [
            (false, None, SameDigestOk, Ok("Create")),
            (false, Some(1), SameDigestOk, Ok("Keep")),
            (false, Some(2), SameDigestOk, Err("tag-exists-different")),
            (false, Some(2), Overwrite, Ok("Move")),
            (false, Some(1), Overwrite, Ok("Keep")),
            (false, Some(1), Skip, Ok("Keep")),
            (false, Some(2), Skip, Err("tag-exists-different")),
            (true, Some(2), Skip, Ok("Move")),
            (false, Some(1), Fail, Err("tag-exists")),
            (false, Some(2), Fail, Err("tag-exists-different")),
            (true, Some(2), SameDigestOk, Ok("Move")),
            (true, Some(1), Fail, Ok("Keep")),
            (true, None, Fail, Ok("Create")),
        ] {
            let step = tag_step(&state(moves, existing), &digest(1), rule);
            let found = match &step {
                Ok(TagStep::Keep) => Ok("Keep"),
                Ok(TagStep::Create) => Ok("Create"),
                Ok(TagStep::Move { .. }) => Ok("Move"),
                Err(failure) => Err(failure.code.id),
            };
            assert_eq!(found, expected, "{moves} {existing:?} {rule:?}");
        }
    }

    #[test]
    fn what_exists_is_not_built() {
        use OnExisting::{Fail, SameDigestOk, Skip};
        let early = |states: &[TagState], rule| before_build(states, rule);
        let (one, new, moving) = (state(false, Some(1)), state(false, None), state(true, Some(2)));
        for states in [
            vec![one.clone()],
            vec![one.clone(), new.clone()],
            vec![new.clone(), one.clone(), moving.clone()],
            vec![one.clone(), one.clone()],
        ] {
            assert_eq!(early(&states, Skip).unwrap(), Early::Adopt(digest(1)), "{states:?}");
        }
        assert_eq!(early(&[new, moving], Skip).unwrap(), Early::Go);
        let failure = early(&[one, state(false, Some(2))], Skip).unwrap_err();
        assert_eq!(failure.code.id, "tag-exists-different");
        assert_eq!(early(&[state(false, Some(1))], SameDigestOk).unwrap(), Early::Go);
        assert_eq!(early(&[state(true, Some(1))], Fail).unwrap(), Early::Go);
        assert_eq!(early(&[state(false, Some(1))], Fail).unwrap_err().code.id, "tag-exists");
    }

    #[test]
    fn an_image_is_adopted_only_if_all_destinations_have_it() {
        use OnExisting::{Fail, Skip};
        let early = |found: &[Option<u8>], rule| {
            let destinations: Vec<_> = found.iter().map(|found| vec![state(false, *found)]).collect();
            before_building(&destinations, rule)
        };
        assert_eq!(early(&[Some(1), Some(1)], Skip).unwrap(), Early::Adopt(digest(1)));
        assert_eq!(early(&[Some(1), None], Skip).unwrap(), Early::Go);
        assert_eq!(early(&[Some(1), Some(2)], Skip).unwrap_err().code.id, "tag-exists-different");
        assert_eq!(early(&[None, Some(1)], Fail).unwrap_err().code.id, "tag-exists");
    }

    #[test]
    fn a_builder_is_used_only_if_it_is_needed() {
        let run = || Some(Error::needs_builder(3, "RUN needs a builder"));
        let buildah = (Builder::Buildah, PathBuf::from("/bin/buildah"));
        let built = Method::Build(Builder::Buildah, PathBuf::from("/bin/buildah"));
        let available = std::slice::from_ref(&buildah);
        assert_eq!(method(BuilderChoice::Auto, None, available, "D").unwrap(), Method::Assemble);
        assert_eq!(method(BuilderChoice::Auto, run(), available, "D").unwrap(), built);
        assert_eq!(method(BuilderChoice::Only(Builder::Buildah), None, available, "D").unwrap(), built);
        for (choice, expected) in [
            (BuilderChoice::None, "D:3: RUN needs a builder"),
            (BuilderChoice::Auto, "D:3: RUN needs a builder"),
            (BuilderChoice::Only(Builder::Buildx), "`builder` is `buildx`, and `docker` is not on PATH"),
        ] {
            let failure = method(choice, run(), &[], "D").unwrap_err();
            assert_eq!((failure.code.id, failure.cause.as_str()), ("dockerfile-needs-builder", expected));
        }
        let failure = method(BuilderChoice::Auto, run(), &[], "D").unwrap_err();
        assert_eq!(failure.location.unwrap().line, Some(3));
    }
}
