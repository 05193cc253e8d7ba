//! `referrers`: what refers to an image.

use serde::Serialize;
use stevedore::artifact::{self, Node, Wanted};
use stevedore::descriptor::Descriptor;
use stevedore::digest::Digest;
use stevedore::image;
use stevedore::media_type::MediaType;
use stevedore::platform::Platform;
use stevedore::transport::{self, Source};
use stevedore::watch::Watch;

use crate::cli::flags::Image;
use crate::cli::report::{Report, printable};
use crate::cli::{Result, Ui, Usage};

/// The annotation that says what a bundle states.
const PREDICATE: &str = "dev.sigstore.bundle.predicateType";

/// List what refers to an image: signatures, attestations, SBOMs and other artifacts
///
/// Shows a tree, for signatures may be attached to SBOMs. Looks at the registry's list, at the index under the tag sha256-… where there is
/// none, at the tags of cosign (.sig, .att, .sbom), and in an index at what BuildKit attests of its images. A registry that cannot tell is an error, never "none".
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Show only what is of this type, with all that refers to it
    #[arg(long, value_name = "TYPE")]
    artifact_type: Option<String>,
    /// Show no more than so many levels [default: all]
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Show what refers to the image for this platform [default: to the index, where there is one]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    platform: Option<Platform>,
    #[command(flatten)]
    pub(crate) image: Image,
}

const EXAMPLES: &str = "\
Examples:
  stevedore referrers docker://registry.example.com/app:1.0
  stevedore referrers --artifact-type application/spdx+json docker://registry.example.com/app:1.0
  stevedore referrers --json oci:images:app | jq -r '.referrers[].digest'";

/// An image and what refers to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tree {
    reference: String,
    digest: Digest,
    media_type: MediaType,
    size: u64,
    referrers: Vec<Node>,
}

/// Lists them.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    if args.depth == Some(0) {
        return Err(Usage::new("no level is none to show", "use --depth 1 or more").into());
    }
    let (source, options) = args.image.open(ui)?;
    let at = &args.image.reference.at;
    let subject: Descriptor = match &args.platform {
        Some(platform) => image::Image::find(&*source, at, Some(platform))?.manifest().descriptor(),
        None => source.resolve(at)?.ok_or_else(|| transport::Error::not_found(at, &*source))?,
    };
    let wanted = Wanted { artifact_type: args.artifact_type.as_deref(), depth: args.depth };
    let mut nodes = artifact::tree(&*source, &subject.digest, &wanted, &options.watch)?;
    nodes.extend(args.attestations(&*source, &subject, &options.watch)?);
    let is_empty = nodes.is_empty();
    ui.report(&Tree {
        reference: args.image.reference.to_string(),
        digest: subject.digest,
        media_type: subject.media_type,
        size: subject.size,
        referrers: nodes,
    })?;
    if is_empty {
        ui.summary(&match &args.artifact_type {
            Some(kind) => printable(&format!("nothing of type {kind} refers to it")),
            None => "nothing refers to it".to_owned(),
        });
    }
    Ok(())
}

impl Args {
    /// Lists what BuildKit attests: of the images in an index, or of the one for the platform.
    fn attestations(&self, source: &dyn Source, subject: &Descriptor, watch: &Watch) -> Result<Vec<Node>> {
        let is_index = subject.media_type.is_index();
        if !is_index && self.platform.is_none() {
            return Ok(Vec::new());
        }
        let index = source.manifest(&self.image.reference.at)?;
        let of = (!is_index).then_some(&subject.digest);
        let mut nodes = artifact::attestations(source, &index, of, watch)?;
        if let Some(kind) = &self.artifact_type {
            nodes.retain(|node| node.descriptor.artifact_type.as_ref() == Some(kind));
        }
        Ok(nodes)
    }
}

/// Writes a line for each, the branches before it.
fn write(referrers: &[Node], before: &str, into: &mut String) {
    for (number, referrer) in referrers.iter().enumerate() {
        let is_last = number + 1 == referrers.len();
        let branch = if is_last { "└── " } else { "├── " };
        into.push_str(&format!("{before}{branch}{}\n", line(referrer)));
        let below = format!("{before}{}", if is_last { "    " } else { "│   " });
        write(&referrer.referrers, &below, into);
    }
}

fn line(Node { descriptor, tag, predicate_types, .. }: &Node) -> String {
    let kind = descriptor.artifact_type.as_deref().unwrap_or(descriptor.media_type.as_str());
    let mut line = format!("{} {}", descriptor.digest, printable(kind));
    if let Some(predicate) = descriptor.annotations.get(PREDICATE) {
        line.push_str(&format!(" {}", printable(predicate)));
    }
    for predicate in predicate_types {
        line.push_str(&format!(" {}", printable(predicate)));
    }
    if let Some(tag) = tag {
        line.push_str(&format!(" (tag {tag})"));
    }
    line
}

impl Report for Tree {
    fn text(&self) -> String {
        let mut text = format!("{} {}\n", self.digest, self.reference);
        write(&self.referrers, "", &mut text);
        text
    }
}
