//! Which images should run, and which do.

use model::ImageRef;

/// Returns the expected images that no live pod runs.
pub(crate) fn missing<'a>(expected: &'a [ImageRef], live: &[String]) -> Vec<&'a ImageRef> {
    let live = parsed(live);
    expected.iter().filter(|expected| !live.iter().any(|live| is(expected, live))).collect()
}

/// Returns live images of an expected image's repository that are not expected: what older pods run.
pub(crate) fn leftovers(expected: &[ImageRef], live: &[String]) -> Vec<String> {
    let is_left = |live: &ImageRef| {
        expected.iter().any(|expected| expected.name == live.name)
            && !expected.iter().any(|expected| is(expected, live))
    };
    parsed(live).iter().filter(|live| is_left(live)).map(ToString::to_string).collect()
}

/// Whether one of the live images is expected.
pub(crate) fn runs_one_of(expected: &[ImageRef], live: &[String]) -> bool {
    let live = parsed(live);
    expected.iter().any(|expected| live.iter().any(|live| is(expected, live)))
}

/// Whether a live image is the expected one. A digest decides alone; a live image without the expected digest
/// proves nothing, whatever its tag.
fn is(expected: &ImageRef, live: &ImageRef) -> bool {
    expected.name == live.name
        && match (&expected.digest, &live.digest) {
            (Some(expected), Some(live)) => expected == live,
            (Some(_), None) => false,
            (None, _) => expected.tag == live.tag,
        }
}

/// Reads what pods name; a name that no registry could have cannot be an expected image either.
fn parsed(live: &[String]) -> Vec<ImageRef> {
    live.iter().filter_map(|image| image.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(texts: &[&str]) -> Vec<ImageRef> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn live(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn the_whole_reference_counts() {
        let expected = images(&["a.b/app:new"]);
        for (live_images, is_missing) in [
            (&["a.b/app:new"][..], false),
            (&["a.b/app:old", "a.b/app:new"], false),
            (&["a.b/app:old"], true),
            (&["x.y/app:new"], true),
            (&["a.b/app2:new"], true),
            (&[], true),
        ] {
            assert_eq!(!missing(&expected, &live(live_images)).is_empty(), is_missing, "{live_images:?}");
        }
    }

    #[test]
    fn a_digest_decides() {
        let (one, two) = (format!("sha256:{}", "1".repeat(64)), format!("sha256:{}", "2".repeat(64)));
        let expected = images(&[&format!("a.b/app:v1@{one}")]);
        for (live_image, is_missing) in [
            (format!("a.b/app@{one}"), false),
            (format!("a.b/app:other@{one}"), false),
            (format!("a.b/app:v1@{two}"), true),
            ("a.b/app:v1".to_owned(), true),
        ] {
            assert_eq!(
                !missing(&expected, std::slice::from_ref(&live_image)).is_empty(),
                is_missing,
                "{live_image}"
            );
        }
    }

    #[test]
    fn leftovers_are_of_the_same_repository() {
        let expected = images(&["a.b/app:new", "a.b/job:1"]);
        let live = live(&["a.b/app:new", "a.b/app:old", "a.b/sidecar:7", "a.b/job:1"]);
        assert_eq!(leftovers(&expected, &live), ["a.b/app:old"]);
    }
}
