//! `delete`: take a tag away, or a manifest with all its tags.

use serde::Serialize;
use stevedore::digest::Digest;
use stevedore::transport::{self, Location, Named, Place, Selector, remove, tags_of};

use crate::cli::flags::Registry;
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
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore delete docker://registry.example.com/app:old
  stevedore delete oci:images:app
  stevedore delete --yes docker://registry.example.com/app@sha256:…";

/// Tags looked at for those that go with a manifest, before that is confirmed; more would take minutes.
const LOOKED_AT: usize = 1000;
/// Tags of a registry looked at when the removal is confirmed: one request each, for the report alone.
const LOOKED_AT_CONFIRMED: usize = 10;

/// What is gone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Removal {
    reference: String,
    digest: Digest,
    tags: Vec<String>,
    /// Whether other tags may name it, too: not all were looked at.
    maybe_more: bool,
    dry_run: bool,
}

/// Removes the tag or manifest.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let options = args.registry.options(None, ui)?;
    let Location { place, at, .. } = &args.reference;
    let destination = place.open_destination(&options)?;
    if matches!(place, Place::Dir(_) | Place::OciArchive(_) | Place::DockerArchive(_)) {
        // These refuse, and know the hint; nobody should confirm that first.
        destination.delete(at)?;
    }
    let found = destination.resolve(at)?.ok_or_else(|| transport::Error::not_found(at, &*destination))?;
    let is_confirmed = args.yes && !args.dry_run;
    let limit = if destination.origin().is_some() && is_confirmed { LOOKED_AT_CONFIRMED } else { LOOKED_AT };
    let named = match at {
        Selector::Tag(tag) => Named { tags: vec![tag.clone()], maybe_more: false },
        _ => tags_of(&*destination, &found.digest, limit)?,
    };
    if !matches!(at, Selector::Tag(_)) && !args.yes && !args.dry_run {
        return Err(confirmation(&args.reference, &named).into());
    }
    if !args.dry_run {
        remove(&*destination, at, &found.digest)?;
        destination.finish()?;
    }
    let Named { tags, maybe_more } = named;
    let reference = args.reference.to_string();
    ui.report(&Removal { reference, digest: found.digest, tags, maybe_more, dry_run: args.dry_run })
}

fn confirmation(reference: &Location, named: &Named) -> Usage {
    let tags = named.tags.join(", ");
    let also = match (named.tags.is_empty(), named.maybe_more) {
        (true, false) => String::new(),
        (false, false) => format!(" and the tags that name it: {tags}"),
        (true, true) => " and the tags that name it; not all tags were looked at".to_owned(),
        (false, true) => format!(" and the tags that name it: {tags}, and maybe others: not all tags were looked at"),
    };
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
        if self.maybe_more {
            text.push_str("not all tags were looked at: others that name it go, too\n");
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
        for (tags, maybe_more, end) in [
            (&["v1", "v2"][..], false, "and the tags that name it: v1, v2"),
            (&["v1"], true, "the tags that name it: v1, and maybe others: not all tags were looked at"),
            (&[], true, "and the tags that name it; not all tags were looked at"),
            (&[], false, "7852b855"),
        ] {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let refusal = confirmation(&reference, &Named { tags, maybe_more });
            assert!(refusal.reason.ends_with(end), "{}", refusal.reason);
        }
    }

    #[test]
    fn text() {
        let digest = Digest::of(b"");
        let (reference, tags) = ("oci:d:v1".into(), vec!["v1".into()]);
        let mut removal = Removal { reference, digest: digest.clone(), tags, maybe_more: false, dry_run: false };
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
