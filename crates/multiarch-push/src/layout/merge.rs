//! Putting the images of several layouts into one index: each platform once.

use model::Digest;

use crate::image::oci::{PlatformSpec, same_platform};

/// An image and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<T> {
    /// Its platform, if it says one.
    pub(super) platform: Option<PlatformSpec>,
    /// Its manifest.
    pub(super) digest: Digest,
    /// The layout that it is in.
    pub(super) layout: String,
    /// What goes along.
    pub(super) item: T,
}

/// Why images do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conflict {
    /// Two images for one platform.
    Platform {
        /// The platform.
        platform: String,
        /// The layouts with their images.
        images: [(String, Digest); 2],
    },
    /// One of several images says no platform.
    Nameless {
        /// Its layout.
        layout: String,
        /// The image.
        digest: Digest,
    },
}

/// Unites images in their order. The same image again is left out, another one for the same platform is refused.
pub(super) fn merge<T>(entries: Vec<Entry<T>>) -> Result<Vec<Entry<T>>, Conflict> {
    let mut united: Vec<Entry<T>> = Vec::new();
    for entry in entries {
        if united.iter().any(|known| known.digest == entry.digest) {
            continue;
        }
        if let Some(platform) = &entry.platform
            && let Some(known) = united
                .iter()
                .find(|known| known.platform.as_ref().is_some_and(|other| is_same(other, platform)))
        {
            return Err(Conflict::Platform {
                platform: platform.to_platform().to_string(),
                images: [(known.layout.clone(), known.digest.clone()), (entry.layout, entry.digest)],
            });
        }
        united.push(entry);
    }
    if united.len() > 1
        && let Some(nameless) = united.iter().find(|entry| entry.platform.is_none())
    {
        return Err(Conflict::Nameless { layout: nameless.layout.clone(), digest: nameless.digest.clone() });
    }
    Ok(united)
}

/// Windows has images for one platform that differ by the system's version.
fn is_same(one: &PlatformSpec, other: &PlatformSpec) -> bool {
    same_platform(&one.to_platform(), &other.to_platform()) && one.os_version == other.os_version
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLATFORMS: [&str; 5] =
        ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "windows/amd64"];

    fn entry(platform: u8, image: u8, layout: usize) -> Entry<()> {
        let spec = PlatformSpec::from(&PLATFORMS[usize::from(platform)].parse().unwrap());
        Entry {
            platform: Some(spec),
            digest: Digest::from_sha256([image; 32]),
            layout: format!("layout-{layout}"),
            item: (),
        }
    }

    proptest! {
        /// However images are spread over layouts, and however often each is there: the index has every platform once.
        #[test]
        fn every_platform_is_there_once(spread in prop::collection::vec((0..5_u8, 0..4_usize), 0..20)) {
            let entries = |order: &[(u8, usize)]| -> Vec<_> {
                order.iter().map(|&(platform, layout)| entry(platform, platform, layout)).collect()
            };
            let united = merge(entries(&spread)).unwrap();
            let mut wanted: Vec<u8> = Vec::new();
            for (platform, _) in &spread {
                if !wanted.contains(platform) {
                    wanted.push(*platform);
                }
            }
            let found: Vec<u8> = united.iter().map(|entry| entry.digest.hex().as_bytes()[1] - b'0').collect();
            prop_assert_eq!(found, wanted);
            prop_assert_eq!(merge(united.clone()).unwrap(), united);
        }

        /// Another image for a platform that is there is never taken and never dropped in silence.
        #[test]
        fn another_image_for_a_platform_is_refused(
            mut spread in prop::collection::vec((0..5_u8, 0..4_usize), 1..10),
            at in any::<prop::sample::Index>(),
            place in any::<prop::sample::Index>(),
        ) {
            let platform = spread[at.index(spread.len())].0;
            let place = place.index(spread.len() + 1);
            spread.insert(place, (platform, 9));
            let entries = spread
                .iter()
                .enumerate()
                .map(|(index, &(platform, layout))| entry(platform, if index == place { 99 } else { platform }, layout))
                .collect();
            let Err(Conflict::Platform { platform: named, images }) = merge(entries) else {
                return Err(TestCaseError::fail("not refused"));
            };
            prop_assert_eq!(named, PLATFORMS[usize::from(platform)]);
            prop_assert!(images.iter().any(|(layout, _)| layout == "layout-9"));
        }
    }

    #[test]
    fn default_variants_and_versions_of_windows_count() {
        let with = |text: &str, version: Option<&str>, image| Entry {
            platform: Some(PlatformSpec {
                os_version: version.map(str::to_owned),
                ..PlatformSpec::from(&text.parse().unwrap())
            }),
            ..entry(0, image, 0)
        };
        let united = |one, other| merge(vec![one, other]).is_ok();
        assert!(!united(with("linux/arm64", None, 1), with("linux/arm64/v8", None, 2)));
        assert!(united(with("windows/amd64", Some("10.1"), 1), with("windows/amd64", Some("10.2"), 2)));
    }

    #[test]
    fn one_image_may_be_without_a_platform() {
        let nameless = Entry { platform: None, ..entry(0, 1, 0) };
        assert_eq!(merge(vec![nameless.clone()]).unwrap().len(), 1);
        let refused = merge(vec![entry(1, 2, 0), nameless]).unwrap_err();
        assert!(
            matches!(refused, Conflict::Nameless { digest, .. } if digest == Digest::from_sha256([1; 32]))
        );
    }
}
