//! Every order of two writers and a collector, with a crash anywhere, on a real store.
//!
//! The requests run in threads that stop at each `step` of the storage. A scheduler lets one of them go on at a time and goes through all
//! choices, in a new store for each. What is on the disk, and where each thread stands, decides what can still happen: a state that was
//! seen is not followed again. docs/GC.md says what is shown.

mod actor;
mod disk;
mod explore;

use std::time::Duration;

use super::storage::Collection;
use crate::digest::Digest;
use actor::{BLOB, Op, manifest};
use explore::{Finding, Scene, explore};

/// Collects without any grace, so that only the protocol keeps content alive.
fn collection(delete_untagged: bool) -> Collection {
    Collection { grace: Duration::ZERO, delete_untagged, ..Collection::default() }
}

/// What a store has before the requests begin, all of it old.
const INITIAL: [&[Op]; 4] = [
    // Nothing but a repository that blobs are mounted from.
    &[Op::PutOther],
    // A blob that nothing needs.
    &[Op::Put],
    // A manifest without a tag.
    &[Op::Put, Op::Manifest],
    // A tagged one.
    &[Op::Put, Op::Tagged],
];

/// Pairs of requests that meet in each store.
const PAIRS: [[Op; 2]; 10] = [
    [Op::Put, Op::Tagged],
    [Op::Commit, Op::Tagged],
    [Op::Mount, Op::Tagged],
    [Op::Head, Op::Tagged],
    [Op::Tagged, Op::Tagged],
    [Op::Tagged, Op::DeleteManifest],
    [Op::Tagged, Op::DeleteBlob],
    [Op::Tagged, Op::DeleteTag],
    [Op::Manifest, Op::DeleteBlob],
    [Op::Put, Op::DeleteBlob],
];

fn scenes(initial: &[&'static [Op]], pairs: &[[Op; 2]], crash: bool, delete_untagged: bool) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for before in initial {
        for pair in pairs {
            scenes.push(Scene {
                before,
                writers: pair.map(|op| vec![op]).to_vec(),
                collection: collection(delete_untagged),
                crash,
                sabotage: None,
            });
        }
    }
    scenes
}

/// Explores scenes side by side; each spends most of its time on waking threads.
fn explore_all(scenes: Vec<Scene>) {
    let queue = std::sync::Mutex::new(scenes.into_iter());
    let counts = std::sync::Mutex::new((0, 0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(scene) = queue.lock().expect("no explorer panics with it").next() else { return };
                    match explore(&scene) {
                        Ok(found) => {
                            let mut counts = counts.lock().expect("no explorer panics with it");
                            counts.0 += found.states;
                            counts.1 += found.collected;
                        }
                        Err(finding) => panic!("{:?} {:?}: {finding}", scene.before, scene.writers),
                    }
                }
            });
        }
    });
    let (states, collected) = *counts.lock().expect("no explorer panics with it");
    // Orders in which nothing is ever collected would show nothing.
    assert!(states > 500 && collected > 0, "{states} states, {collected} of them with something collected");
}

/// How many of the scenes are explored, as `STEVEDORE_ORDERS` says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Orders {
    /// A few, in seconds.
    Few,
    /// `some`: each pair in each store without a crash, and a few with one, in minutes.
    Some,
    /// `all`: each pair in each store, with a crash too, in most of an hour.
    All,
}

impl Orders {
    fn asked() -> Self {
        match std::env::var("STEVEDORE_ORDERS").ok().as_deref() {
            None | Some("") => Self::Few,
            Some("some") => Self::Some,
            Some("all") => Self::All,
            Some(other) => panic!("STEVEDORE_ORDERS is some or all, not {other}"),
        }
    }
}

#[test]
fn no_order_loses_what_was_acknowledged() {
    let (initial, pairs) = match Orders::asked() {
        Orders::Few => (&INITIAL[1..3], &PAIRS[..2]),
        Orders::Some | Orders::All => (&INITIAL[..], &PAIRS[..]),
    };
    explore_all(scenes(initial, pairs, false, false));
}

#[test]
fn no_order_with_a_crash_loses_what_was_acknowledged() {
    let (initial, pairs) = match Orders::asked() {
        Orders::Few => (&INITIAL[1..2], &PAIRS[..1]),
        Orders::Some => (&INITIAL[1..2], &PAIRS[..2]),
        Orders::All => (&INITIAL[..], &PAIRS[..]),
    };
    explore_all(scenes(initial, pairs, true, false));
}

#[test]
fn no_order_with_untagged_manifests_collected_loses_what_was_acknowledged() {
    let orders = Orders::asked();
    let (initial, pairs) = match orders {
        Orders::Few => (&INITIAL[2..3], &PAIRS[4..5]),
        Orders::Some => (&INITIAL[2..3], &PAIRS[4..7]),
        Orders::All => (&INITIAL[2..], &PAIRS[..]),
    };
    explore_all(scenes(initial, pairs, orders == Orders::All, true));
}

/// One writer that does what a client does, step by step, while another deletes.
#[test]
fn no_order_breaks_a_push_of_several_requests() {
    let push = vec![Op::Put, Op::Tagged];
    let scenes = [Op::DeleteTag, Op::DeleteManifest]
        .map(|other| Scene {
            before: INITIAL[3],
            writers: vec![push.clone(), vec![other]],
            collection: collection(false),
            crash: false,
            sabotage: None,
        })
        .to_vec();
    explore_all(scenes);
}

/// The explorer must find what breaks when a rule is broken: here, a time that is not renewed.
#[test]
fn a_broken_rule_is_found() {
    let (blob, manifest) = (Digest::of(BLOB), Digest::of(&manifest()));
    for (before, writer, step, part) in [
        // `use_blob` without its touch.
        (INITIAL[1], Op::Tagged, "use: renewed", blob.hex()),
        // A blob that gets its name with the time of its last byte, over one that a manifest has just been allowed to use.
        (INITIAL[1], Op::Commit, "commit: renewed", "_uploads"),
        (INITIAL[1], Op::Put, "put: renewed", "/put-"),
        // A manifest that is there and not renewed.
        (INITIAL[2], Op::Tagged, "manifest: written", manifest.hex()),
    ] {
        let scene = Scene {
            before,
            writers: vec![vec![writer], vec![Op::Tagged]],
            collection: collection(true),
            crash: true,
            sabotage: Some((step, part.to_owned())),
        };
        match explore(&scene) {
            Err(Finding::Lost(_)) => {}
            Err(other) => panic!("{step}: {other}"),
            Ok(found) => panic!("{step}: nothing found in {} states", found.states),
        }
    }
}
