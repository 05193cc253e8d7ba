//! What every store promises, a function for each promise; the tests of each store run them all.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{Content, Depth, Error, Key, LockKind, PAGE, Store};
use crate::blob::{Blob, Fault};
use crate::descriptor::Descriptor;
use crate::digest::Digest;
use crate::media_type::MediaType;

/// Makes two handles on one new, empty store.
pub(super) type Make<'a> = &'a dyn Fn() -> (Box<dyn Store>, Box<dyn Store>);

/// Runs every case over a store that can be written to.
pub(super) fn writable(make: Make<'_>) {
    let cases: &[fn(&dyn Store, &dyn Store)] = &[
        objects_are_what_was_put,
        wrong_content_leaves_the_old_object,
        broken_sources_leave_the_old_object,
        deleting_is_idempotent,
        folders_are_no_objects,
        listings_are_sorted,
        listings_come_in_pages,
        unfinished_writes_are_invisible,
        stages_survive_being_dropped,
        stages_keep_what_came_before_an_error,
        stages_can_start_over,
        committed_stages_are_objects,
        aborted_stages_are_gone,
        a_stage_has_one_taker,
        shared_locks_share,
        exclusive_locks_exclude,
        tidying_spares_what_is_held,
        many_threads_put,
    ];
    for case in cases {
        let (one, other) = make();
        case(&*one, &*other);
    }
}

/// Runs the cases for a store that holds `a` = `1`, `b/c` = `22`, `b-c` = `333` and nothing else.
pub(super) fn readable(store: &dyn Store) {
    assert_eq!(content(store, "a").as_deref(), Some(&b"1"[..]));
    assert_eq!(content(store, "b/c").as_deref(), Some(&b"22"[..]));
    let object = store.get(&key("b-c")).expect("looks").expect("is there");
    assert_eq!(object.size, 3);
    for (offset, rest) in [(0, "333"), (2, "3"), (3, ""), (9, "")] {
        let mut text = String::new();
        object.open(offset).expect("opens").into_reader().read_to_string(&mut text).expect("reads");
        assert_eq!(text, rest, "at {offset}");
    }
    assert_eq!(object.read_all(2).expect_err("over the limit").kind(), io::ErrorKind::FileTooLarge);
    for absent in ["b", "c", "a/b", "b/c/d", "b/d"] {
        assert!(store.get(&key(absent)).expect("looks").is_none(), "{absent}");
    }
    assert_eq!(list(store, "", None, Depth::All), ["a", "b-c", "b/c"]);
    assert_eq!(list(store, "", None, Depth::Children), ["a", "b", "b-c"]);
    assert_eq!(list(store, "", Some("a"), Depth::All), ["b-c", "b/c"]);
    assert_eq!(list(store, "", Some("b-c"), Depth::All), ["b/c"]);
    assert_eq!(list(store, "", Some("b"), Depth::Children), ["b-c"]);
    assert_eq!(list(store, "b", None, Depth::All), ["b/c"]);
    assert_eq!(list(store, "b", Some("b/c"), Depth::All), [""; 0]);
    assert_eq!(list(store, "no/such", None, Depth::All), [""; 0]);
    store.lock(&key("a"), LockKind::Shared).expect("a reader may lock");
}

pub(super) fn key(text: &str) -> Key {
    if text.is_empty() { Key::root() } else { text.parse().expect("a key") }
}

pub(super) fn put(store: &dyn Store, at: &str, content: &str) {
    store.put(&key(at), Content::Bytes(content.as_bytes())).expect("puts");
}

pub(super) fn content(store: &dyn Store, at: &str) -> Option<Vec<u8>> {
    store.get(&key(at)).expect("looks").map(|object| object.read_all(1 << 20).expect("reads"))
}

fn list(store: &dyn Store, prefix: &str, after: Option<&str>, depth: Depth) -> Vec<String> {
    let page = store.list(&key(prefix), after.map(key).as_ref(), depth).expect("lists");
    assert!(!page.more);
    page.keys.iter().map(ToString::to_string).collect()
}

fn blob(content: &[u8]) -> Blob<'_> {
    Blob::from_bytes(Descriptor::of(MediaType::OCTET_STREAM, content), content).expect("a blob")
}

/// Gives some bytes, then fails.
fn broken(content: &'static [u8]) -> impl Read + Send {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    content.chain(Broken)
}

fn objects_are_what_was_put(one: &dyn Store, other: &dyn Store) {
    assert_eq!(list(one, "", None, Depth::All), [""; 0], "an empty store lists nothing");
    put(one, "a", "0");
    put(one, "a", "1");
    one.put(&key("b/c"), Content::Blob(Box::new(blob(b"22")))).expect("puts");
    put(one, "b-c", "333");
    readable(one);
    readable(other);
    put(other, "empty", "");
    assert_eq!(content(one, "empty").as_deref(), Some(&b""[..]));
}

fn wrong_content_leaves_the_old_object(one: &dyn Store, _: &dyn Store) {
    put(one, "a", "old");
    let descriptor = Descriptor::of(MediaType::OCTET_STREAM, b"new");
    for (content, mismatch) in [(&b"neW"[..], true), (b"ne", false)] {
        let wrong = Blob::from_bytes(descriptor.clone(), content).expect("a blob");
        match one.put(&key("a"), Content::Blob(Box::new(wrong))).expect_err("refused") {
            Error::Content(fault) => assert_eq!(fault.is_mismatch(), mismatch),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(content(one, "a").as_deref(), Some(&b"old"[..]));
    assert_eq!(list(one, "", None, Depth::All), ["a"]);
}

fn broken_sources_leave_the_old_object(one: &dyn Store, _: &dyn Store) {
    let descriptor = Descriptor::of(MediaType::OCTET_STREAM, b"new");
    let cut = Blob::new(descriptor, |_| Ok(Box::new(broken(b"ne")))).expect("a blob");
    let error = one.put(&key("a"), Content::Blob(Box::new(cut))).expect_err("fails");
    assert!(matches!(error, Error::Content(Fault::Source(_))), "{error:?}");
    assert!(content(one, "a").is_none());
}

fn deleting_is_idempotent(one: &dyn Store, other: &dyn Store) {
    put(one, "a/b", "1");
    put(one, "a/c", "2");
    assert!(other.delete(&key("a/b")).expect("deletes"));
    assert!(!one.delete(&key("a/b")).expect("is gone"));
    assert!(!one.delete(&key("no/such")).expect("never was"));
    assert!(!one.delete(&key("a")).expect("no object"));
    assert_eq!(list(one, "", None, Depth::All), ["a/c"]);
}

fn folders_are_no_objects(one: &dyn Store, _: &dyn Store) {
    put(one, "a/b", "1");
    assert!(one.get(&key("a")).expect("looks").is_none());
    assert!(one.get(&Key::root()).expect("looks").is_none());
}

fn listings_are_sorted(one: &dyn Store, _: &dyn Store) {
    for at in ["b/z", "b-", "b0", "b/a/y", "a", "b/a-"] {
        put(one, at, "");
    }
    assert_eq!(list(one, "", None, Depth::All), ["a", "b-", "b/a-", "b/a/y", "b/z", "b0"]);
    assert_eq!(list(one, "b", None, Depth::Children), ["b/a", "b/a-", "b/z"]);
    assert_eq!(list(one, "b", Some("b/a-"), Depth::All), ["b/a/y", "b/z"]);
}

fn listings_come_in_pages(one: &dyn Store, _: &dyn Store) {
    for number in 0..=PAGE {
        // Locks make empty objects without waiting for the disk.
        drop(one.lock(&key(&format!("n/{number:05}")), LockKind::Shared).expect("locks"));
    }
    let first = one.list(&Key::root(), None, Depth::All).expect("lists");
    if first.keys.is_empty() {
        return; // This store's locks are no objects.
    }
    assert_eq!((first.keys.len(), first.more), (PAGE, true));
    let second = one.list(&Key::root(), first.keys.last(), Depth::All).expect("lists");
    assert_eq!((second.keys, second.more), (vec![key(&format!("n/{PAGE:05}"))], false));
}

fn unfinished_writes_are_invisible(one: &dyn Store, other: &dyn Store) {
    let mut stage = one.stage(&key(".partial/s")).expect("stages");
    stage.append(0, &mut &b"abc"[..]).expect("appends");
    assert!(other.get(&key(".partial/s")).expect("looks").is_none());
    assert_eq!(list(other, "", None, Depth::All), [""; 0]);
    assert_eq!(list(other, "", None, Depth::Children), [""; 0]);
    assert_eq!(list(other, ".partial", None, Depth::All), [""; 0]);
    assert!(other.put(&key(".partial/x"), Content::Bytes(b"")).is_err());
    assert!(other.stage(&key("x")).is_err());
}

fn stages_survive_being_dropped(one: &dyn Store, other: &dyn Store) {
    let mut stage = one.stage(&key(".partial/s")).expect("stages");
    assert!(stage.is_empty());
    assert_eq!(stage.append(0, &mut &b"abc"[..]).expect("appends"), 3);
    drop(stage);
    let mut stage = other.stage(&key(".partial/s")).expect("stages");
    assert_eq!(stage.len(), 3);
    assert_eq!(stage.append(3, &mut &b"def"[..]).expect("appends"), 6);
    assert!(stage.append(4, &mut &b"x"[..]).is_err());
    let mut text = String::new();
    stage.read().expect("opens").read_to_string(&mut text).expect("reads");
    assert_eq!(text, "abcdef");
}

fn stages_keep_what_came_before_an_error(one: &dyn Store, _: &dyn Store) {
    let mut stage = one.stage(&key(".partial/s")).expect("stages");
    let error = stage.append(0, &mut broken(b"abc")).expect_err("fails");
    assert!(matches!(error, Error::Content(Fault::Source(_))), "{error:?}");
    assert_eq!(stage.len(), 3);
}

fn stages_can_start_over(one: &dyn Store, _: &dyn Store) {
    let mut stage = one.stage(&key(".partial/s")).expect("stages");
    stage.append(0, &mut &b"abcdef"[..]).expect("appends");
    assert_eq!(stage.append(0, &mut &b"xy"[..]).expect("appends"), 2);
    stage.commit(&key("a"), &Digest::of(b"xy")).expect("commits");
    assert_eq!(content(one, "a").as_deref(), Some(&b"xy"[..]));
}

fn committed_stages_are_objects(one: &dyn Store, other: &dyn Store) {
    put(one, "b/a", "old");
    let mut stage = one.stage(&key(".partial/s")).expect("stages");
    stage.append(0, &mut &b"abc"[..]).expect("appends");
    stage.commit(&key("b/a"), &Digest::of(b"abc")).expect("commits");
    assert_eq!(content(other, "b/a").as_deref(), Some(&b"abc"[..]));
    assert!(other.stage(&key(".partial/s")).expect("stages").is_empty());
}

fn aborted_stages_are_gone(one: &dyn Store, other: &dyn Store) {
    let mut stage = one.stage(&key(".partial/s")).expect("stages");
    stage.append(0, &mut &b"abc"[..]).expect("appends");
    stage.abort().expect("aborts");
    assert!(other.stage(&key(".partial/s")).expect("stages").is_empty());
}

fn a_stage_has_one_taker(one: &dyn Store, other: &dyn Store) {
    let committed = AtomicBool::new(false);
    thread::scope(|scope| {
        let mut stage = one.stage(&key(".partial/s")).expect("stages");
        scope.spawn(|| {
            let stage = other.stage(&key(".partial/s")).expect("stages");
            assert!(committed.load(Ordering::SeqCst), "two takers at once");
            assert!(stage.is_empty(), "the second gets a new stage");
            assert!(content(other, "a").is_some());
        });
        stage.append(0, &mut &b"abc"[..]).expect("appends");
        committed.store(true, Ordering::SeqCst);
        stage.commit(&key("a"), &Digest::of(b"abc")).expect("commits");
    });
}

fn shared_locks_share(one: &dyn Store, other: &dyn Store) {
    let lock = one.lock(&key("l"), LockKind::Shared).expect("locks");
    let second = other.lock(&key("l"), LockKind::Shared).expect("locks");
    assert!(other.try_lock(&key("l"), LockKind::Exclusive).expect("tries").is_none());
    drop(lock);
    assert!(one.try_lock(&key("l"), LockKind::Exclusive).expect("tries").is_none());
    drop(second);
    assert!(one.try_lock(&key("l"), LockKind::Exclusive).expect("tries").is_some());
}

fn exclusive_locks_exclude(one: &dyn Store, other: &dyn Store) {
    put(one, "folder/a", "1");
    for at in ["l", "folder", "folder/a"] {
        let released = AtomicBool::new(false);
        thread::scope(|scope| {
            let lock = one.lock(&key(at), LockKind::Exclusive).expect("locks");
            assert!(other.try_lock(&key(at), LockKind::Shared).expect("tries").is_none());
            assert!(other.try_lock(&key("elsewhere"), LockKind::Exclusive).expect("tries").is_some());
            scope.spawn(|| {
                let _lock = other.lock(&key(at), LockKind::Shared).expect("locks");
                assert!(released.load(Ordering::SeqCst), "{at}");
            });
            released.store(true, Ordering::SeqCst);
            drop(lock);
        });
    }
    assert_eq!(content(one, "folder/a").as_deref(), Some(&b"1"[..]), "a lock changes nothing");
}

fn tidying_spares_what_is_held(one: &dyn Store, other: &dyn Store) {
    one.stage(&key(".partial/left")).expect("stages").append(0, &mut &b"abc"[..]).expect("appends");
    let mut held = one.stage(&key(".partial/held")).expect("stages");
    held.append(0, &mut &b"de"[..]).expect("appends");
    assert_eq!(other.tidy(Duration::MAX).expect("tidies"), 0, "it is not that old");
    assert_eq!(other.tidy(Duration::ZERO).expect("tidies"), 3);
    assert!(other.stage(&key(".partial/left")).expect("stages").is_empty());
    held.commit(&key("a"), &Digest::of(b"de")).expect("commits");
    assert_eq!(content(other, "a").as_deref(), Some(&b"de"[..]));
}

fn many_threads_put(one: &dyn Store, other: &dyn Store) {
    thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                put(if number % 2 == 0 { one } else { other }, &format!("n/{number}"), "x");
                put(one, "same", &number.to_string().repeat(1000));
            });
        }
    });
    assert_eq!(list(one, "n", None, Depth::All).len(), 8);
    let same = content(one, "same").expect("is there");
    assert!(same.len() == 1000 && same.iter().all(|byte| *byte == same[0]), "one of them, whole");
}
