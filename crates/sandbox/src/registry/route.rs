//! Which call a path is. Repository names contain slashes, so a path is read from its end.

/// A call by its path, without the method.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// `/v2/`
    Ping,
    /// `/v2/NAME/blobs/uploads/`
    Uploads(&'a str),
    /// `/v2/NAME/blobs/uploads/ID`
    Upload(&'a str, &'a str),
    /// `/v2/NAME/blobs/DIGEST`
    Blob(&'a str, &'a str),
    /// `/v2/NAME/manifests/REFERENCE`
    Manifest(&'a str, &'a str),
    /// `/v2/NAME/referrers/DIGEST`
    Referrers(&'a str, &'a str),
    /// `/v2/NAME/tags/list`
    Tags(&'a str),
}

impl<'a> Route<'a> {
    /// Reads a path.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/v2")?;
        if rest.is_empty() || rest == "/" {
            return Some(Self::Ping);
        }
        let rest = rest.strip_prefix('/')?;
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Some(Self::Tags(name));
        }
        if let Some(name) =
            rest.strip_suffix("/blobs/uploads/").or_else(|| rest.strip_suffix("/blobs/uploads"))
        {
            return Some(Self::Uploads(name));
        }
        let (head, last) = rest.rsplit_once('/')?;
        let (name, kind) = if let Some(name) = head.strip_suffix("/blobs/uploads") {
            (name, Self::Upload as fn(&'a str, &'a str) -> Self)
        } else if let Some(name) = head.strip_suffix("/blobs") {
            (name, Self::Blob as _)
        } else if let Some(name) = head.strip_suffix("/manifests") {
            (name, Self::Manifest as _)
        } else {
            (head.strip_suffix("/referrers")?, Self::Referrers as _)
        };
        Some(kind(name, last))
    }

    /// Returns the repository.
    pub(super) fn repository(&self) -> Option<&'a str> {
        match self {
            Self::Ping => None,
            Self::Uploads(name)
            | Self::Upload(name, _)
            | Self::Blob(name, _)
            | Self::Manifest(name, _)
            | Self::Referrers(name, _)
            | Self::Tags(name) => Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn names_contain_slashes() {
        assert_eq!(Route::parse("/v2/"), Some(Route::Ping));
        assert_eq!(Route::parse("/v2/a/b/blobs/uploads/"), Some(Route::Uploads("a/b")));
        assert_eq!(Route::parse("/v2/a/b/blobs/uploads/1-2"), Some(Route::Upload("a/b", "1-2")));
        assert_eq!(Route::parse("/v2/a/b/blobs/sha256:1"), Some(Route::Blob("a/b", "sha256:1")));
        assert_eq!(Route::parse("/v2/blobs/manifests/v1"), Some(Route::Manifest("blobs", "v1")));
        assert_eq!(Route::parse("/v2/a/tags/list"), Some(Route::Tags("a")));
        assert_eq!(Route::parse("/v2/a/referrers/sha256:1"), Some(Route::Referrers("a", "sha256:1")));
        assert_eq!(Route::parse("/v2/a/b"), None);
        assert_eq!(Route::parse("/v3/"), None);
    }
}
