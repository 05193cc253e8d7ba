//! Tags that the source no longer has: found, shown, removed.
//!
//! Only what a line for a whole repository would have brought is touched: its filter decides, and a tag that any line names stays. A
//! repository that could not be listed is not known to have lost anything.

use std::collections::{BTreeMap, BTreeSet};

use super::options::Options;
use super::places::{Places, identity};
use super::plan::{Images, Line, Plan, Target};
use super::report::{Error, Pruned};
use super::run::{names, series_of};
use super::series::Series;
use crate::class::{Class, Classified};
use crate::copy::{self, Side};
use crate::reference::Tag;
use crate::transport::{Place, Transport};

/// The tags of a line's source, before its filter.
pub(super) type Listed = Result<Vec<String>, Error>;

/// Finds what is gone, tells it, and removes it unless the run is a dry one.
pub(super) fn prune(options: &Options<'_>, places: &Places<'_>, plan: &Plan, listed: &[Listed]) -> Vec<Pruned> {
    let mut pruned = Vec::new();
    let mut done = BTreeSet::new();
    for (line, tags) in plan.lines.iter().zip(listed) {
        let Some(series) = series_of(line).filter(|series| done.insert(series.to_string())) else {
            continue;
        };
        // Folders of a folder are no names in a place; and what could not be listed has lost nothing that is known.
        if matches!(series.place, Place::Dir(_)) || tags.is_err() {
            continue;
        }
        if tags.as_ref().is_ok_and(Vec::is_empty) {
            // More often a registry that has lost its list, or a typing error, than a repository that was emptied.
            options.watch.note(&format!("the source of {series} lists no tags at all, so nothing is removed there"));
            continue;
        }
        let Some(wanted) = wanted(plan, listed, series) else {
            continue;
        };
        match find(places, plan, line, series, &wanted, options) {
            Err(error) => pruned.push(Pruned { destination: series.to_string(), result: Err(error) }),
            Ok((destination, gone)) => {
                let (gone, unknown) = confirmed(places, plan, series, gone, options);
                for (location, error) in unknown {
                    pruned.push(Pruned { destination: location.to_string(), result: Err(error) });
                }
                if gone.is_empty() {
                    continue;
                }
                if !options.dry_run {
                    let list = gone.keys().cloned().collect::<Vec<_>>().join(", ");
                    options
                        .watch
                        .note(&format!("removing from {} what its source no longer has: {list}", series.place));
                }
                for location in gone.values() {
                    let remove = || destination.delete(&location.at);
                    let result = if options.dry_run { Ok(()) } else { remove() };
                    let result =
                        result.map_err(|error| copy::Error::at(Side::Destination, &series.place)(error).into());
                    pruned.push(Pruned { destination: location.to_string(), result });
                }
            }
        }
    }
    pruned
}

/// Returns every name that some line wants in the place of a series, unless a line that writes there could not be listed.
fn wanted(plan: &Plan, listed: &[Listed], series: &Series) -> Option<BTreeSet<String>> {
    let place = identity(&series.place);
    let mut wanted = BTreeSet::new();
    for (line, tags) in plan.lines.iter().zip(listed) {
        match &line.target {
            Target::One(location) if identity(&location.place) == place => {
                wanted.insert(location.at.to_string());
            }
            Target::Every(other) if identity(&other.place) == place => {
                let tags = tags.as_ref().ok()?;
                wanted.extend(tags.iter().filter_map(|tag| Some(other.location(tag).ok()?.at.to_string())));
            }
            _ => {}
        }
    }
    Some(wanted)
}

type Gone = BTreeMap<String, crate::transport::Location>;

/// Finds the tags of a series that no line wants and that the filter of a line to it would have taken.
fn find(
    places: &Places<'_>,
    plan: &Plan,
    line: &Line,
    series: &Series,
    wanted: &BTreeSet<String>,
    options: &Options<'_>,
) -> Result<(std::sync::Arc<dyn Transport>, Gone), Error> {
    let destination = places.destination(&series.place, &line.destination_access)?;
    let names = match names(&*destination, &options.watch) {
        Ok(names) => names,
        // What does not exist holds nothing to remove.
        Err(error) if error.is_not_found() => Vec::new(),
        Err(error) => return Err(copy::Error::at(Side::Destination, &series.place)(error).into()),
    };
    let mut gone = Gone::new();
    for tag in names.iter().filter_map(|name| series.tag(name)) {
        // A name with a repository in it belongs to a series with a prefix.
        let is_tag = tag.parse::<Tag>().is_ok();
        if is_tag && !is_digest_tag(tag) && takes(plan, series, tag) {
            let location = series.location(tag)?;
            if !wanted.contains(&location.at.to_string()) {
                gone.insert(tag.to_owned(), location);
            }
        }
    }
    Ok((destination, gone))
}

type Unknown = Vec<(crate::transport::Location, Error)>;

/// Asks the sources for each tag that their lists lack: a list may be short, and absence from it is no proof. Returns what is gone from all of
/// them, and what cannot be told.
fn confirmed(
    places: &Places<'_>,
    plan: &Plan,
    series: &Series,
    mut gone: Gone,
    options: &Options<'_>,
) -> (Gone, Unknown) {
    let (mut unknown, mut kept) = (Unknown::new(), 0_usize);
    gone.retain(|tag, location| {
        if options.watch.is_cancelled() {
            return false;
        }
        match is_at_a_source(places, plan, series, tag) {
            Ok(false) => true,
            Ok(true) => {
                kept += 1;
                false
            }
            Err(error) => {
                unknown.push((location.clone(), error));
                false
            }
        }
    });
    if kept > 0 {
        options.watch.note(&format!("{kept} tags of {series} stay: the source has them, although its list lacks them"));
    }
    (gone, unknown)
}

/// Says whether a source of the series has a tag that it does not list.
fn is_at_a_source(places: &Places<'_>, plan: &Plan, series: &Series, tag: &str) -> Result<bool, Error> {
    for line in &plan.lines {
        let (Images::Every { series: from, filter }, Target::Every(to)) = (&line.source, &line.target) else {
            continue;
        };
        if to != series || !filter.takes(tag) {
            continue;
        }
        // A name that the source cannot have is not there.
        let Ok(location) = from.location(tag) else { continue };
        let at_source = |error| Error::from(copy::Error::at(Side::Source, &location.place)(error));
        let found = match places.source(&location.place, &line.source_access) {
            Ok(source) => source.resolve(&location.at),
            Err(error) if error.class() == Class::NotFound => continue,
            Err(error) => return Err(error),
        };
        match found {
            Ok(Some(_)) => return Ok(true),
            Ok(None) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(at_source(error)),
        }
    }
    Ok(false)
}

/// Says whether a line to this series would have taken a tag.
fn takes(plan: &Plan, series: &Series, tag: &str) -> bool {
    plan.lines.iter().any(|line| match (&line.source, &line.target) {
        (Images::Every { filter, .. }, Target::Every(other)) => other == series && filter.takes(tag),
        _ => false,
    })
}

/// Says whether a tag belongs to a digest: `sha256-…`, what cosign and the referrers tag schema make of it with whatever suffix. Its image
/// may well be there, under whichever name.
fn is_digest_tag(tag: &str) -> bool {
    let Some((algorithm, rest)) = tag.split_once('-') else {
        return false;
    };
    let hex = rest.split('.').next().unwrap_or_default();
    matches!(algorithm, "sha256" | "sha384" | "sha512")
        && hex.len() >= 64
        && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_tags() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (tag, wanted) in [
            (format!("sha256-{hex}"), true),
            (format!("sha256-{hex}.sig"), true),
            (format!("sha256-{hex}.att"), true),
            (format!("sha256-{hex}.sbom"), true),
            (format!("sha256-{}", &hex[1..]), false),
            (format!("v1-{hex}"), false),
            ("v1".into(), false),
        ] {
            assert_eq!(is_digest_tag(&tag), wanted, "{tag}");
        }
    }
}
