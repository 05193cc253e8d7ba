//! `delete`: take a tag away, or a manifest with all its tags.

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::transport::{self, Location, Place, Selector, Source, tag_pages};

use crate::cli::client::Common;
use crate::cli::flags::{Network, Only, Side};
use crate::cli::locations::location;
use crate::cli::report::Report;
use crate::cli::{Result, Ui, Usage};

/// Remove a tag and leave its siblings alone, or remove a manifest by digest
///
/// Given a tag, the tag goes, and whatever else names the same manifest stays. Given a digest, the manifest goes together with every tag
/// that names it, which has to be confirmed with --yes.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The tag or manifest
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// Remove the manifest and the tags that name it
    #[arg(short, long)]
    yes: bool,
    /// Tell what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    registry: Only,
    #[command(flatten)]
    network: Network,
}

const EXAMPLES: &str = "\
Examples:
  stevedore delete docker://registry.example.com/app:old
  stevedore delete oci:images:app
  stevedore delete --yes docker://registry.example.com/app@sha256:…";

/// Tags looked at for those that go with a manifest; more would take minutes.
const LOOKED_AT: usize = 1000;

/// What is gone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Removal {
    reference: String,
    digest: Digest,
    tags: Vec<String>,
    dry_run: bool,
}

/// Removes the tag or manifest.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let common = Common { network: &args.network, work: None };
    let options = common.options(&Side::from(&args.registry), ui)?;
    let Location { place, at, .. } = &args.reference;
    let destination = place.open_destination(&options)?;
    if matches!(place, Place::Dir(_) | Place::OciArchive(_) | Place::DockerArchive(_)) {
        // These refuse, and know the hint; nobody should confirm that first.
        destination.delete(at)?;
    }
    let found = destination.resolve(at)?.ok_or_else(|| transport::Error::not_found(at, &*destination))?;
    let tags = match at {
        Selector::Tag(tag) => vec![tag.clone()],
        _ => tags_of(&*destination, &found.digest)?,
    };
    if !matches!(at, Selector::Tag(_)) && !args.yes && !args.dry_run {
        return Err(confirmation(&args.reference, &tags).into());
    }
    if !args.dry_run {
        destination.delete(at)?;
        destination.finish()?;
    }
    ui.report(&Removal { reference: args.reference.to_string(), digest: found.digest, tags, dry_run: args.dry_run })
}

/// Finds the tags that name a digest; none where tags cannot be listed.
fn tags_of(source: &dyn Source, digest: &Digest) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for page in tag_pages(source) {
        match page {
            Err(transport::Error::Unsupported { .. }) => return Ok(Vec::new()),
            page => names.extend(page?),
        }
        if names.len() >= LOOKED_AT {
            break;
        }
    }
    let mut tags = Vec::new();
    for name in names.into_iter().take(LOOKED_AT) {
        let found = source.resolve(&Selector::Tag(name.clone()))?;
        if found.is_some_and(|found| found.digest == *digest) {
            tags.push(name);
        }
    }
    Ok(tags)
}

fn confirmation(reference: &Location, tags: &[String]) -> Usage {
    let also = if tags.is_empty() { String::new() } else { format!(" and the tags that name it: {}", tags.join(", ")) };
    Usage::new(
        format!("this would remove the manifest {reference}{also}"),
        "add --yes, or name one tag to remove only that",
    )
}

impl Report for Removal {
    fn text(&self) -> String {
        let verb = if self.dry_run { "would remove" } else { "removed" };
        let mut text = format!("{verb} {} ({})\n", self.reference, self.digest);
        if !self.reference.ends_with(&format!(":{}", self.tags.concat())) {
            text.extend(self.tags.iter().map(|tag| format!("{verb} tag {tag}\n")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_that_go_too_are_named() {
        let reference: Location = "oci:d:@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            .parse()
            .expect("a location");
        let refusal = confirmation(&reference, &["v1".into(), "v2".into()]);
        assert!(refusal.reason.ends_with("and the tags that name it: v1, v2"), "{}", refusal.reason);
    }

    #[test]
    fn text() {
        let digest = Digest::of(b"");
        let mut removal =
            Removal { reference: "oci:d:v1".into(), digest: digest.clone(), tags: vec!["v1".into()], dry_run: false };
        assert_eq!(removal.text(), format!("removed oci:d:v1 ({digest})\n"));
        removal = Removal {
            reference: format!("oci:d:@{digest}"),
            tags: vec!["v1".into(), "v2".into()],
            dry_run: true,
            ..removal
        };
        let first = format!("would remove oci:d:@{digest} ({digest})");
        assert_eq!(removal.text(), format!("{first}\nwould remove tag v1\nwould remove tag v2\n"));
    }
}
