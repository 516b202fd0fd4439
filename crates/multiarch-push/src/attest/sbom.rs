//! A software bill of materials: which format it has is told by its content.

use std::path::Path;

use bytes::Bytes;
use model::Failure;
use serde::Deserialize;
use serde_json::Value;

use crate::codes;

/// A software bill of materials.
#[derive(Debug, Clone)]
pub(crate) struct Sbom {
    bytes: Bytes,
    media_type: &'static str,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "spdxVersion")]
    spdx: Option<Value>,
    #[serde(rename = "bomFormat")]
    format: Option<String>,
    #[serde(rename = "@context")]
    context: Option<Value>,
}

impl Sbom {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let invalid = |why: String| {
            Failure::new(&codes::SBOM_INVALID, format!("`{}` cannot be attached: {why}", path.display()))
        };
        Self::parse(std::fs::read(path).map_err(|error| invalid(error.to_string()))?).map_err(invalid)
    }

    /// Recognises SPDX 2 and 3 (<https://spdx.github.io/spdx-spec/>) and `CycloneDX` (<https://cyclonedx.org>).
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let head: Head =
            serde_json::from_slice(&bytes).map_err(|error| format!("it is no JSON object: {error}"))?;
        let is_spdx = head.spdx.is_some()
            || head.context.is_some_and(|context| context.to_string().contains("spdx.org/rdf/"));
        let media_type = if is_spdx {
            "application/spdx+json"
        } else if head.format.as_deref() == Some("CycloneDX") {
            "application/vnd.cyclonedx+json"
        } else {
            return Err("it is neither SPDX (`spdxVersion`) nor CycloneDX (`bomFormat`)".to_owned());
        };
        Ok(Self { bytes: bytes.into(), media_type })
    }

    /// Returns its media type, which is also the kind of the artifact.
    pub(super) fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// Returns its bytes as they are.
    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_recognised() {
        let kind = |text: &str| Sbom::parse(text.as_bytes().to_vec()).map(|sbom| sbom.media_type());
        for (text, expected) in [
            (r#"{"spdxVersion":"SPDX-2.3"}"#, "application/spdx+json"),
            (r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#, "application/spdx+json"),
            (r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#, "application/vnd.cyclonedx+json"),
        ] {
            assert_eq!(kind(text).unwrap(), expected, "{text}");
        }
        for (text, expected) in
            [("{}", "neither"), ("[]", "no JSON"), ("<bom/>", "no JSON"), (r#"{"bomFormat":"x"}"#, "neither")]
        {
            assert!(kind(text).unwrap_err().contains(expected), "{text}");
        }
        let failure = Sbom::read(Path::new("/nonexistent/sbom.json")).unwrap_err();
        assert_eq!(failure.code.id, "sbom-invalid");
        assert!(failure.cause.contains("/nonexistent/sbom.json"));
    }
}
