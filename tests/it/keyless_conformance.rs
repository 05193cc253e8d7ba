//! sigstore's own cases of bundles, each accepted or refused as its name says.
//!
//! `STEVEDORE_SIGSTORE_CONFORMANCE` names a checkout of <https://github.com/sigstore/sigstore-conformance>, and
//! `STEVEDORE_SIGSTORE_ROOT` the public instance's `trusted_root.json` (`targets/` of <https://github.com/sigstore/root-signing>).
//! Nothing of it is kept here.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use stevedore::sign::blob::{self, Artifact};
use stevedore::sign::keyless::{Identity, Pattern, TrustedRoot};
use stevedore::sign::{Authority, Keyless, PublicKey};

use crate::support::skips;

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn authority(case: &Path, root: &Path) -> Result<Box<dyn Authority>, String> {
    let text = |name: &str, other: &str| match fs::read_to_string(case.join(name)) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => other.to_owned(),
    };
    if let Ok(key) = fs::read_to_string(case.join("key.pub")) {
        return Ok(Box::new(PublicKey::parse_all(&key).map_err(|error| error.to_string())?.remove(0)));
    }
    let own = case.join("trusted_root.json");
    let root = fs::read(if own.exists() { &own } else { root }).expect("a trusted root");
    let root = TrustedRoot::parse(&root).map_err(|error| format!("trusted root: {error}"))?;
    let subject = Pattern::exact(text("identity", IDENTITY));
    let issuer = Pattern::exact(text("issuer", ISSUER));
    Ok(Box::new(Keyless::new(root, Identity { subject, issuer })))
}

fn verify(case: &Path, root: &Path, by_digest: bool) -> Result<(), String> {
    let own = case.join("artifact");
    let content = fs::read(if own.exists() { own } else { case.with_file_name("a.txt") }).expect("an artifact");
    let artifact = match by_digest {
        true => Artifact::of_stream(content.as_slice()).expect("memory"),
        false => Artifact::of_content(content),
    };
    let authority = authority(case, root)?;
    let bundle = fs::read(case.join("bundle.sigstore.json")).expect("a bundle");
    blob::verify(&bundle, &artifact, &*authority, None, 1 << 20).map(drop).map_err(|reason| reason.to_string())
}

/// Not by a macro: what those print is shown only when the test fails.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("standard error is open");
}

#[test]
fn bundles_of_the_conformance_suite() {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let (Some(suite), Some(root)) = (folder("STEVEDORE_SIGSTORE_CONFORMANCE"), folder("STEVEDORE_SIGSTORE_ROOT"))
    else {
        // Also with CI=true: the suite is nobody's to install here.
        return skips::note("STEVEDORE_SIGSTORE_CONFORMANCE and STEVEDORE_SIGSTORE_ROOT are not both set");
    };
    let mut cases: Vec<PathBuf> = fs::read_dir(suite.join("test/assets/bundle-verify"))
        .expect("the suite's cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let (mut wrong, mut accepted) = (Vec::new(), 0);
    for case in &cases {
        let name = case.file_name().and_then(|name| name.to_str()).expect("a name");
        for by_digest in [false, true] {
            let result = verify(case, &root, by_digest);
            say(&format!("{name}, by digest {by_digest}: {result:?}"));
            accepted += usize::from(result.is_ok());
            if result.is_ok() == name.ends_with("_fail") {
                wrong.push(format!("{name}, digest {by_digest}: {result:?}"));
            }
        }
    }
    say(&format!("{} cases, each twice: {accepted} accepted, {} wrong", cases.len(), wrong.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
