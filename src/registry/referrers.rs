//! The list of referrers under a tag, for registries that keep none of their own.
//!
//! The list is one index that every writer reads, changes and replaces, and few registries can refuse a replacement that is based on an
//! outdated one. So whoever has written looks again until the list has been seen twice with what it should say, and writes again otherwise.
//! distribution-spec, "Referrers Tag Schema":
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema>

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::value::{RawValue, to_raw_value};
use ureq::http::header::{IF_MATCH, IF_NONE_MATCH};

use super::error::{Error, Result};
use super::manifests::Put;
use super::remote::Remote;
use super::retry::{random_up_to, wait};
use crate::class::{Class, Classified};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::locks::lock;
use crate::manifest::{Index, Manifest, ParseError, referrers_tag};
use crate::media_type::Format;
use crate::splice::Members;

/// How often a list is written before the writer gives up.
const WRITES: u32 = 40;
/// How often a list is looked at.
const LOOKS: u32 = 4 * WRITES;
/// How often in a row a list must be seen unchanged, with what it should say.
const SIGHTINGS: usize = 2;
/// The pause between two sightings lies between this and three times as much.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest random pause after a loss.
const LONGEST: Duration = Duration::from_secs(2);

/// What is known of a registry's referrers.
#[derive(Default)]
pub(super) struct Referrers {
    /// Whether the registry lists them by itself, once an answer has told.
    api: Mutex<Option<bool>>,
    /// The changes to lists under tags, by repository and tag.
    queues: Mutex<HashMap<(String, String), Arc<Queue>>>,
}

/// What the threads of this process want of one list: one of them at a time makes the changes of all that wait.
#[derive(Default)]
struct Queue {
    turn: Mutex<()>,
    waiting: Mutex<Vec<(u64, Change)>>,
    next: Mutex<u64>,
}

/// A change to a list.
#[derive(Clone, Debug)]
enum Change {
    Add(Box<Descriptor>),
    Remove(Digest),
}

impl Referrers {
    /// Says whether the registry lists referrers by itself, if that is known.
    pub(super) fn api(&self) -> Option<bool> {
        *lock(&self.api)
    }

    /// Keeps what an answer has told.
    pub(super) fn learn(&self, api: bool) {
        *lock(&self.api) = Some(api);
    }

    fn queue(&self, repository: &str, tag: &str) -> Arc<Queue> {
        lock(&self.queues).entry((repository.into(), tag.into())).or_default().clone()
    }

    /// Forgets the lists that nobody is changing.
    fn tidy(&self) {
        lock(&self.queues).retain(|_, queue| Arc::strong_count(queue) > 1);
    }
}

impl Remote {
    /// Makes sure that a manifest that was put is found among the referrers of `subject`; at registries without a list of their own, in the
    /// index under the referrers tag. `put` is what the registry said to it: where it is not known to have a list, it is asked for it, for
    /// older registries (Amazon's) answer `OCI-Subject` and list nothing.
    ///
    /// # Errors
    /// [`Error::ReferrersTag`] when the tag names something else, which is left alone, or when others kept replacing the list.
    pub fn list_referrer(&self, subject: &Digest, referrer: Descriptor, put: Put) -> Result<()> {
        self.change_list(subject, Change::Add(Box::new(referrer)), put)
    }

    /// Lists the referrers that the index under the referrers tag names, for whoever is about to add one.
    ///
    /// # Errors
    /// [`Error::ReferrersTag`] when the tag names something else.
    pub fn listed_under_tag(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let tag = referrers_tag(subject);
        let (list, _) = self.named(&tag)?;
        self.check_list(list.as_ref(), subject, &tag)?;
        Ok(list.map(|list| list.children().to_vec()).unwrap_or_default())
    }

    /// Takes a deleted manifest out of the index under the referrers tag, and the tag away with its last entry; nothing at registries with
    /// a list of their own.
    ///
    /// # Errors
    /// Those of [`Remote::list_referrer`].
    pub fn unlist_referrer(&self, subject: &Digest, referrer: &Digest) -> Result<()> {
        self.change_list(subject, Change::Remove(referrer.clone()), Put::default())
    }

    fn change_list(&self, subject: &Digest, change: Change, put: Put) -> Result<()> {
        match self.lists_referrers(subject) {
            Ok(Some(true)) => return Ok(()),
            Ok(Some(false)) => {}
            // What the list says plays no part then: the answer to the PUT decides (distribution-spec, "Pushing Manifests with Subject").
            Ok(None) if put.lists_referrers => return Ok(()),
            Ok(None) => {}
            Err(error) if put.lists_referrers && error.class() != Class::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        }
        let tag = referrers_tag(subject);
        let referrers = &self.session.registry.referrers;
        let queue = referrers.queue(self.path(), &tag);
        let result = queue.run(change, |changes| self.settle(subject, &tag, changes));
        drop(queue);
        referrers.tidy();
        result
    }

    /// Writes the list until it stays as `changes` want it.
    fn settle(&self, subject: &Digest, tag: &str, changes: &[Change]) -> Result<()> {
        let updated = self.update(tag, |list| {
            self.check_list(list, subject, tag)?;
            let url = self.manifest_url(tag).to_string();
            merge(list, changes).map_err(|source| Error::Manifest { url, source })
        })?;
        if updated.is_written { self.drop_empty(updated.there.as_ref(), changes) } else { Ok(()) }
    }

    /// Refuses what is no list of referrers.
    fn check_list(&self, list: Option<&Manifest>, subject: &Digest, tag: &str) -> Result<()> {
        if list.is_some_and(|list| !list.lists_referrers_of(subject)) {
            let reason = "it names something else, which is left as it is";
            return Err(Error::ReferrersTag { tag: tag.into(), repository: self.to_string(), reason });
        }
        Ok(())
    }

    /// Writes what a tag names until it stays as `change` makes it, whoever else writes there. `change` gets nothing for a free tag, and
    /// returns nothing when there is nothing to change.
    ///
    /// # Errors
    /// [`Error::Contended`] when others kept replacing it, and those of `change` as they are.
    pub fn update<E: From<Error>>(
        &self,
        tag: &str,
        change: impl Fn(Option<&Manifest>) -> Result<Option<Manifest>, E>,
    ) -> Result<Updated, E> {
        let mut progress = Progress::default();
        for look in 1..=LOOKS {
            let begin = Instant::now();
            let (there, etag) = self.named(tag)?;
            if progress.has_vanished(there.as_ref()) {
                return Err(Error::Vanished { tag: tag.into(), repository: self.to_string() }.into());
            }
            match change(there.as_ref())? {
                None if progress.writes == 0 || progress.is_settled(there.as_ref()) || look == LOOKS => {
                    return Ok(Updated { there, is_written: progress.writes > 0 });
                }
                // A writer as slow as this one, that has not seen this list, must have had the time to write its own.
                None => wait(&self.session.watch, PAUSE + random_up_to(PAUSE * 2) + progress.slowness)?,
                // Who won is about to look again, and is not to be overtaken between its two looks.
                Some(_) if progress.is_lost() => wait(&self.session.watch, random_up_to(progress.growing_pause()))?,
                Some(_) if progress.writes == WRITES => break,
                Some(new) => {
                    let written = self.replace(tag, &new, there.is_some(), etag)?;
                    progress.wrote(written, begin.elapsed());
                }
            }
        }
        Err(Error::Contended { tag: tag.into(), repository: self.to_string() }.into())
    }

    /// Writes what a tag names if that is still `expected`; says whether it names the manifest now. A registry that knows no conditions is
    /// asked right before.
    ///
    /// # Errors
    /// Those of reading and writing a manifest.
    pub fn exchange(&self, tag: &str, expected: Option<&Digest>, manifest: &Manifest) -> Result<bool> {
        let (there, etag) = self.named(tag)?;
        match there.as_ref().map(Manifest::digest) {
            Some(named) if named == manifest.digest() => Ok(true),
            named if named == expected => self.replace(tag, manifest, named.is_some(), etag),
            _ => Ok(false),
        }
    }

    /// Reads what a tag names, and its entity tag.
    fn named(&self, tag: &str) -> Result<(Option<Manifest>, Option<String>)> {
        match self.fetch_manifest(tag, None) {
            Ok((there, etag)) => Ok((Some(there), etag)),
            Err(error) if error.is_not_found() => Ok((None, None)),
            // Artifactory says so of a tag that is not there; where tags can be listed, that is no missing login.
            Err(error) if error.status() == Some(403) && self.lacks(tag) => Ok((None, None)),
            Err(error) => Err(error),
        }
    }

    /// Says whether the list of tags can be read and does not have this one. Otherwise the refusal of the tag itself says more.
    fn lacks(&self, tag: &str) -> bool {
        self.all_tags().is_ok_and(|tags| !tags.iter().any(|other| other == tag))
    }

    /// Writes the list, if the registry has none or still the one that it was made from; says whether it was written. Few registries look
    /// at the condition.
    fn replace(&self, tag: &str, list: &Manifest, was_there: bool, etag: Option<String>) -> Result<bool> {
        let condition = match (was_there, etag) {
            (false, _) => Some((IF_NONE_MATCH, "*".to_owned())),
            (true, etag) => etag.map(|etag| (IF_MATCH, etag)),
        };
        Ok(self.send_manifest(tag, list, condition.as_ref())?.is_some())
    }

    /// Deletes a list that has become empty, by its digest: a tag that names another list by now stays.
    fn drop_empty(&self, list: Option<&Manifest>, changes: &[Change]) -> Result<()> {
        let removes = changes.iter().any(|change| matches!(change, Change::Remove(_)));
        let Some(empty) = list.filter(|list| removes && list.children().is_empty()) else {
            return Ok(());
        };
        match self.delete_manifest(empty.digest()) {
            // Where nothing can be deleted, the empty list does as well.
            Err(error) if matches!(error.status(), Some(400..=499 | 501)) => Ok(()),
            other => other,
        }
    }
}

/// What a tag names after [`Remote::update`].
#[derive(Clone, Debug)]
pub struct Updated {
    /// The manifest; nothing when the tag is free and was to stay so.
    pub there: Option<Manifest>,
    /// Whether anything was written.
    pub is_written: bool,
}

/// How far a writer has come.
#[derive(Default)]
struct Progress {
    writes: u32,
    /// Twice the time from a look to the end of its write.
    slowness: Duration,
    /// The list as it was last seen with the changes, and how often in a row.
    seen: Option<Digest>,
    sightings: usize,
    /// Whether the list was written and not looked at since.
    is_fresh: bool,
    /// How often in a row nothing was found after a write.
    vanished: u32,
}

impl Progress {
    /// Says whether what is written cannot be read back, which no other writer is the reason for.
    fn has_vanished(&mut self, there: Option<&Manifest>) -> bool {
        self.vanished = if there.is_none() && self.writes > 0 { self.vanished + 1 } else { 0 };
        self.vanished > 5
    }

    fn wrote(&mut self, written: bool, took: Duration) {
        self.writes += 1;
        self.slowness = took * 2;
        self.sightings = 0;
        self.is_fresh = written;
    }

    /// Counts a look at a list that says what it should. While others change it, one of them may not have seen it like this yet.
    fn is_settled(&mut self, list: Option<&Manifest>) -> bool {
        let seen = list.map(|list| list.digest().clone());
        self.is_fresh = true;
        self.sightings = if self.sightings > 0 && self.seen != seen { 1 } else { self.sightings + 1 };
        self.seen = seen;
        self.sightings >= SIGHTINGS
    }

    /// Says whether this is the first look at a list that another writer has put in place of the right one.
    fn is_lost(&mut self) -> bool {
        self.sightings = 0;
        std::mem::take(&mut self.is_fresh)
    }

    fn growing_pause(&self) -> Duration {
        (PAUSE * 2_u32.saturating_pow(self.writes.min(8))).min(LONGEST)
    }
}

impl Queue {
    /// Has `settle` make a change, together with those of the threads that have come to wait for their turn.
    fn run(&self, change: Change, settle: impl Fn(&[Change]) -> Result<()>) -> Result<()> {
        let number = {
            let mut next = lock(&self.next);
            *next += 1;
            *next
        };
        lock(&self.waiting).push((number, change));
        let _turn = lock(&self.turn);
        let mine: Vec<(u64, Change)> = std::mem::take(&mut lock(&self.waiting));
        if !mine.iter().any(|(each, _)| *each == number) {
            // Who had the turn before has made this change as well.
            lock(&self.waiting).extend(mine);
            return Ok(());
        }
        let changes: Vec<Change> = mine.iter().map(|(_, change)| change.clone()).collect();
        let result = settle(&changes);
        if result.is_err() {
            // The others try for themselves, and hear for themselves what is wrong.
            lock(&self.waiting).extend(mine.into_iter().filter(|(each, _)| *each != number));
        }
        result
    }
}

/// Returns the list with the changes made; nothing when it says all of it already. Other entries and unknown fields keep their text.
fn merge(list: Option<&Manifest>, changes: &[Change]) -> Result<Option<Manifest>, ParseError> {
    let mut additions: Vec<&Descriptor> = Vec::new();
    let mut removals: HashSet<&Digest> = HashSet::new();
    for change in changes {
        match change {
            Change::Add(new) => additions.push(new),
            Change::Remove(digest) => {
                removals.insert(digest);
            }
        }
    }
    let entries = list.map_or(&[][..], Manifest::children);
    let listed: HashSet<&Digest> = entries.iter().map(|entry| &entry.digest).collect();
    additions.retain(|new| !listed.contains(&new.digest));
    // Threads come in any order; what they write should not.
    additions.sort_by(|a, b| a.digest.cmp(&b.digest));
    additions.dedup_by(|a, b| a.digest == b.digest);
    let is_removed = |entry: &Descriptor| removals.contains(&entry.digest);
    if additions.is_empty() && !entries.iter().any(is_removed) {
        return Ok(None);
    }
    let Some(list) = list else {
        let manifests = additions.into_iter().cloned().collect();
        return Manifest::index(Format::Oci, &Index { manifests, ..Index::default() }).map(Some);
    };
    let mut members = Members::parse(list.raw())?;
    let texts: Vec<Box<RawValue>> = members.decode("manifests")?.unwrap_or_default();
    let kept = texts.into_iter().zip(entries).filter(|(_, entry)| !is_removed(entry)).map(|(text, _)| text);
    let mut texts: Vec<Box<RawValue>> = kept.collect();
    for new in additions {
        texts.push(to_raw_value(new)?);
    }
    members.set("manifests", &texts)?;
    Manifest::parse(members.to_vec(), Some(list.media_type())).map(Some)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::media_type::MediaType;

    fn entry(content: &str) -> Descriptor {
        Descriptor::of(MediaType::OCI_MANIFEST, content.as_bytes())
    }

    fn add(content: &str) -> Change {
        Change::Add(Box::new(entry(content)))
    }

    fn list(text: &str) -> Manifest {
        Manifest::parse(text.as_bytes().to_vec(), Some(&MediaType::OCI_INDEX)).expect("an index")
    }

    fn text(entries: &[String]) -> String {
        let entries = entries.join(",");
        format!(r#"{{"schemaVersion":2,"mediaType":"{}","x":1.50,"manifests":[{entries}]}}"#, MediaType::OCI_INDEX)
    }

    #[test]
    fn lists_are_merged_without_touching_the_rest() {
        let written = |content: &str| serde_json::to_string(&entry(content)).expect("writes");
        let odd = written("a").replace('}', r#","later":{ "b": 1.50 }}"#);
        let removed = Change::Remove(entry("a").digest);
        let (odd, b) = ([odd], [written("b")]);
        let both = [odd[0].clone(), b[0].clone()];
        let table = [
            ("added", &odd[..], vec![add("b")], Some(&both[..])),
            ("there", &odd, vec![add("a")], None),
            ("removed", &both, vec![removed.clone()], Some(&b)),
            ("emptied", &odd, vec![removed.clone()], Some(&[])),
            ("not there", &b, vec![removed], None),
            ("twice", &[], vec![add("b"), add("b")], Some(&b)),
        ];
        for (what, before, changes, after) in table {
            let merged = merge(Some(&list(&text(before))), &changes).expect("merges");
            let merged = merged.map(|list| String::from_utf8(list.raw().to_vec()).expect("UTF-8"));
            assert_eq!(merged, after.map(text), "{what}");
        }
    }

    #[test]
    fn the_first_entry_makes_the_list() {
        let made = merge(None, &[add("b"), add("a")]).expect("merges").expect("something new");
        let mut wanted = [entry("a"), entry("b")];
        wanted.sort_by(|a, b| a.digest.cmp(&b.digest));
        assert_eq!(made.children(), wanted);
        assert_eq!(*made.media_type(), MediaType::OCI_INDEX);
        assert!(merge(None, &[Change::Remove(entry("a").digest)]).expect("merges").is_none());
    }

    #[test]
    fn every_waiting_change_is_made_once() {
        let queue = Queue::default();
        let (calls, made) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for number in 0..20 {
                let (queue, calls, made) = (&queue, &calls, &made);
                scope.spawn(move || {
                    let done = queue.run(add(&number.to_string()), |changes| {
                        calls.fetch_add(1, Ordering::SeqCst);
                        made.fetch_add(changes.len(), Ordering::SeqCst);
                        Ok(())
                    });
                    done.expect("made");
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 20);
        assert!(calls.load(Ordering::SeqCst) <= 20);
        assert!(lock(&queue.waiting).is_empty());
    }

    #[test]
    fn a_failure_is_heard_by_everyone_it_concerns() {
        let queue = Queue::default();
        let fail = |_: &[Change]| Err(Error::Proxy);
        queue.run(add("a"), fail).expect_err("fails");
        assert!(lock(&queue.waiting).is_empty());
        lock(&queue.waiting).push((0, add("other")));
        queue.run(add("b"), fail).expect_err("fails");
        assert_eq!(lock(&queue.waiting).len(), 1, "the other's change waits for the other");
    }
}
