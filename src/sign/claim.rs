//! What somebody has signed about an image.

use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::{Form, Reason};
use crate::digest::Digest;
use crate::splice::Members;
use crate::transport::{Location, Place};

/// What is said of an image, taken from a payload whose signature was verified.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What kind of statement it is: the payload's type, or the predicate's.
    pub kind: String,
    /// The image, as the payload has it.
    pub digest: Digest,
    /// The name that the image was signed under. Bundles that cosign writes have none.
    pub identity: Option<String>,
    /// What else was said: `optional` of the payload, or the subject's annotations.
    pub annotations: Option<Members>,
    /// What an attestation says, where this is one.
    pub predicate: Option<Box<RawValue>>,
}

impl Claim {
    /// Checks that every pair is among the annotations, as text.
    ///
    /// # Errors
    /// The first that is not.
    pub fn has(&self, wanted: &[(String, String)]) -> Result<(), Reason> {
        for (name, value) in wanted {
            let found = self.annotations.as_ref().and_then(|all| all.decode::<String>(name).ok().flatten());
            if found.as_ref() != Some(value) {
                return Err(Reason::Annotation { name: name.clone(), value: value.clone() });
            }
        }
        Ok(())
    }

    /// Returns the payload that cosign prints for the claim: what was signed in the classic form, and what a bundle would say if it were one,
    /// which names the image as `reference` does.
    ///
    /// # Errors
    /// Those of writing JSON.
    pub fn payload(&self, form: Form, reference: &Location) -> serde_json::Result<Box<RawValue>> {
        let name = match (form, &reference.place) {
            (Form::Classic | Form::Simple, _) => self.identity.clone().unwrap_or_default(),
            (_, Place::Registry(_)) => reference.to_string().replacen("docker://", "", 1),
            _ => reference.to_string(),
        };
        let critical = json!({
            "identity": {"docker-reference": name},
            "image": {"docker-manifest-digest": self.digest},
            "type": self.kind,
        });
        let mut members = Members::default();
        members.set("critical", &critical)?;
        members.set("optional", &self.annotations)?;
        to_raw_value(&members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_compared_as_text() {
        let mut claim = Claim {
            kind: String::new(),
            digest: Digest::of(b""),
            identity: None,
            annotations: Some(Members::parse(br#"{"a":"1","n":1,"e":"","t":true,"z":null}"#).expect("an object")),
            predicate: None,
        };
        let has = |claim: &Claim, pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            claim.has(&pairs).is_ok()
        };
        for (pairs, wanted) in [
            (&[][..], true),
            (&[("a", "1")], true),
            (&[("a", "1"), ("e", "")], true),
            (&[("a", "1"), ("e", "x")], false),
            (&[("A", "1")], false),
            (&[("n", "1")], false),
            (&[("t", "true")], false),
            (&[("z", "")], false),
            (&[("missing", "")], false),
        ] {
            assert_eq!(has(&claim, pairs), wanted, "{pairs:?}");
        }
        claim.annotations = None;
        assert!(has(&claim, &[]) && !has(&claim, &[("a", "1")]));
    }
}
