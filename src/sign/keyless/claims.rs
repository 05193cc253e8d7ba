//! What a certificate claims of the build: which workflow ran, for whose repository, at which commit.
//!
//! Who signs by a shared workflow has that workflow's name, whoever called it; only these claims tell the callers apart.
//! Fulcio, "Sigstore OID information": <https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>

use std::collections::BTreeMap;

use der::Decode;
use der::asn1::Utf8StringRef;
use x509_cert::spki::ObjectIdentifier;

use super::Refusal;
use super::certificate::Leaf;

/// Names of claims, and their values.
pub type Claims = BTreeMap<&'static str, String>;

const ARC: &str = "1.3.6.1.4.1.57264.1";
const TRIGGER: &str = "githubWorkflowTrigger";
const SHA: &str = "githubWorkflowSha";
const NAME: &str = "githubWorkflowName";
const REPOSITORY: &str = "githubWorkflowRepository";
const REF: &str = "githubWorkflowRef";

/// The claims below the arc that are plain text; the later ones are strings of ASN.1.
const PLAIN: [(u32, &str); 5] = [(2, TRIGGER), (3, SHA), (4, NAME), (5, REPOSITORY), (6, REF)];
const WRAPPED: [(u32, &str); 14] = [
    (9, "buildSignerURI"),
    (10, "buildSignerDigest"),
    (11, "runnerEnvironment"),
    (12, "sourceRepositoryURI"),
    (13, "sourceRepositoryDigest"),
    (14, "sourceRepositoryRef"),
    (15, "sourceRepositoryIdentifier"),
    (16, "sourceRepositoryOwnerURI"),
    (17, "sourceRepositoryOwnerIdentifier"),
    (18, "buildConfigURI"),
    (19, "buildConfigDigest"),
    (20, "buildTrigger"),
    (21, "runInvocationURI"),
    (22, "sourceRepositoryVisibilityAtSigning"),
];

/// What the certificate must claim of the workflow that called for the signature: exactly this, or anything where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Workflow {
    /// The repository, as in `owner/name`.
    pub repository: Option<String>,
    /// The branch or tag, as in `refs/heads/main`.
    pub reference: Option<String>,
    /// The commit.
    pub sha: Option<String>,
    /// The workflow's name.
    pub name: Option<String>,
    /// The event that started it.
    pub trigger: Option<String>,
}

impl Workflow {
    /// Says whether anything is asked for.
    pub fn is_empty(&self) -> bool {
        self.wanted().is_empty()
    }

    /// Says whether something that is asked for is empty, which no claim is meant to be.
    pub fn has_empty(&self) -> bool {
        self.wanted().iter().any(|(_, value)| value.is_empty())
    }

    fn wanted(&self) -> Vec<(&'static str, &str)> {
        let all = [
            (REPOSITORY, &self.repository),
            (REF, &self.reference),
            (SHA, &self.sha),
            (NAME, &self.name),
            (TRIGGER, &self.trigger),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }

    /// Compares what a certificate claims. As in cosign, the claims that are GitHub's own count, and a missing one does not match.
    pub(in crate::sign) fn check(&self, claims: &Claims) -> Result<(), Refusal> {
        for (name, wanted) in self.wanted() {
            match claims.get(name) {
                Some(found) if found == wanted => {}
                Some(found) => {
                    return Err(Refusal::Claim { name, found: found.clone(), wanted: wanted.to_owned() });
                }
                None => return Err(Refusal::NoClaim { name, wanted: wanted.to_owned() }),
            }
        }
        Ok(())
    }
}

/// Reads all that a certificate claims.
pub(in crate::sign) fn read(leaf: &Leaf<'_>) -> Result<Claims, Refusal> {
    let mut claims = Claims::new();
    let all = PLAIN.iter().map(|claim| (claim, false)).chain(WRAPPED.iter().map(|claim| (claim, true)));
    for ((number, name), is_wrapped) in all {
        let damaged = || Refusal::Certificate("what it claims of the build is damaged");
        let oid = ObjectIdentifier::new_unwrap(ARC).push_arc(*number).map_err(|_| damaged())?;
        let Some(value) = leaf.extension(&oid)? else { continue };
        let text = match is_wrapped {
            true => Utf8StringRef::from_der(value).map_err(|_| damaged())?.as_str(),
            false => std::str::from_utf8(value).map_err(|_| damaged())?,
        };
        claims.insert(name, text.to_owned());
    }
    Ok(claims)
}
