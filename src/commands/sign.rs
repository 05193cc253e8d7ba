//! `sign`: an image signed with a key or an identity.

use stevedore::sign::{self, By, Signing};
use stevedore::transport::{Location, Place, Selector, Source, Transport};
use stevedore::watch::Watch;

use crate::cli::config_flags::{annotations, pair};
use crate::cli::flags::Image;
use crate::cli::signing::{Signed, SigningFlags};
use crate::cli::{Result, Ui};

/// Sign an image, with a key or an identity
///
/// What is signed is the digest: a tag is looked up first. Two signatures are written beside the image: one that cosign 2, skopeo and podman
/// read (under the tag sha256-….sig), and a bundle, which cosign 3 reads, among what refers to the image. Signatures that are there stay, and
/// signing the same thing again with a key writes nothing.
///
/// With a key nothing is sent to any transparency log. With an identity a bundle alone is written, and the logs that are named keep the
/// certificate and the signature for anybody to see.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    signing: SigningFlags,
    /// Sign this as well; `verify -a` can ask for it
    #[arg(short, long = "annotations", value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    /// Sign the image under this name [default: HOST/REPOSITORY, with the tag if that is what it was named by]
    #[arg(long, alias = "sign-container-identity", value_name = "NAME")]
    identity: Option<String>,
    /// With -r, sign BuildKit's attestations in the index, too
    #[arg(long, requires = "recursive")]
    attestations: bool,
    #[command(flatten)]
    pub(crate) image: Image,
}

const EXAMPLES: &str = "\
Examples:
  stevedore sign --key cosign.key docker://registry.example.com/app:1.0
  stevedore sign --key cosign.key -r -a commit=$(git rev-parse HEAD) docker://registry.example.com/app:1.0
  stevedore sign --key env://COSIGN_PRIVATE_KEY --signature-format classic docker://registry.example.com/app@sha256:…
  stevedore sign --trusted-root trusted_root.json --signing-config signing_config.json docker://registry.example.com/app:1.0
  stevedore sign --key cosign.key --identity registry.example.com/app:1.0 oci:images:app";

/// Signs the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let signing = args.signing(ui)?;
    let signed = Signed { identity: signing.identity.clone(), ..Signed::default() };
    let Location { place, at, .. } = &args.image.reference;
    let sign = |from: &dyn Source, to: &dyn Transport, by: By<'_>, watch: &Watch| {
        sign::sign(from, at, to, by, &signing, watch)
    };
    args.signing.run(signed, &args.image, "signature", ui, sign, |digest| {
        let mut notes = Vec::new();
        if matches!((place, at), (Place::Registry(_), Selector::Tag(_))) {
            notes.push(format!("signed the digest {digest}, which is what the tag names now"));
        }
        if signing.identity.is_none() {
            let remedy = "policies may want one: --identity HOST/REPOSITORY[:TAG]";
            notes.push(format!("signed without a name, for the place has none; {remedy}"));
        }
        notes
    })
}

impl Args {
    fn signing(&self, ui: &Ui) -> Result<Signing> {
        let created = self.signing.created(ui)?;
        Ok(Signing {
            classic: self.signing.classic(),
            bundle: self.signing.bundle(),
            identity: self.identity.clone().or_else(|| sign::signed_name(&self.image.reference)),
            annotations: annotations(&self.annotation)?,
            created,
            recursive: self.signing.recursive,
            attestations: self.attestations,
        })
    }
}
