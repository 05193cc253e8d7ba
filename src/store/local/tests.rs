use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::digest::Digest;
use crate::store::contract::{self, content, key, put};

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(path)
        .expect("lists")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

#[test]
fn keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let number = std::cell::Cell::new(0);
    contract::writable(&|| {
        number.set(number.get() + 1);
        let root = folder.path().join(number.get().to_string()).join("new");
        (Box::new(Local::new(&root)), Box::new(Local::new(root)))
    });
}

#[test]
fn looking_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Local::new(folder.path().join("x"));
    assert!(store.get(&key("a")).expect("looks").is_none());
    assert!(!store.delete(&key("a")).expect("looks"));
    assert_eq!(store.tidy(Duration::ZERO).expect("tidies"), 0);
    assert!(store.list(&Key::root(), None, Depth::All).expect("lists").keys.is_empty());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_came_to_nothing_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Local::new(folder.path().join("x/y"));
    let descriptor = crate::descriptor::Descriptor::of(crate::media_type::MediaType::OCTET_STREAM, b"abc");
    let wrong = crate::blob::Blob::from_bytes(descriptor, b"abd").expect("a blob");
    store.put(&key("a/b"), Content::Blob(Box::new(wrong))).expect_err("refused");
    assert!(names(folder.path()).is_empty());
    store.stage(&key(".partial/s")).expect("stages").abort().expect("aborts");
    assert!(names(folder.path()).is_empty());
    // Directories of others stay.
    fs::create_dir_all(folder.path().join("x/y")).expect("made");
    store.stage(&key(".partial/s")).expect("stages").abort().expect("aborts");
    assert_eq!(names(folder.path()), ["x"]);
    assert!(names(&folder.path().join("x/y")).is_empty());
}

#[test]
fn files_are_readable_by_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Local::new(folder.path());
    put(&store, "a", "1");
    let mut stage = store.stage(&key(".partial/s")).expect("stages");
    stage.append(0, &mut &b"2"[..]).expect("appends");
    stage.commit(&key("b"), &Digest::of(b"2")).expect("commits");
    let control = folder.path().join("control");
    OpenOptions::new().write(true).create_new(true).mode(0o644).open(&control).expect("made");
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode();
    for name in ["a", "b"] {
        assert_eq!(mode(&folder.path().join(name)), mode(&control), "{name}");
    }
}

#[test]
fn links_are_read_and_not_written_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).expect("made");
    fs::write(outside.join("file"), "old").expect("written");
    let root = folder.path().join("root");
    fs::create_dir(&root).expect("made");
    symlink(outside.join("file"), root.join("file")).expect("linked");
    symlink(&outside, root.join("folder")).expect("linked");
    symlink(&root, root.join("loop")).expect("linked");
    symlink("dangling", root.join("nothing")).expect("linked");
    let store = Local::new(&root);
    assert_eq!(content(&store, "file").as_deref(), Some(&b"old"[..]));
    assert_eq!(content(&store, "folder/file").as_deref(), Some(&b"old"[..]));
    assert!(content(&store, "nothing").is_none());
    assert_eq!(store.list(&Key::root(), None, Depth::All).expect("lists").keys, [key("file")]);

    put(&store, "file", "new");
    assert_eq!(content(&store, "file").as_deref(), Some(&b"new"[..]));
    let error = store.put(&key("folder/file"), Content::Bytes(b"new")).expect_err("refused");
    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    store.delete(&key("folder/file")).expect_err("refused");
    fs::create_dir_all(store.partial()).expect("made");
    symlink(outside.join("file"), store.partial().join("s")).expect("linked");
    assert!(store.stage(&key(".partial/s")).is_err());
    assert_eq!(fs::read_to_string(outside.join("file")).expect("is there"), "old");
}

#[test]
fn tidying_takes_what_a_killed_process_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Local::new(folder.path());
    let held = Temporary::new(&store).expect("made");
    fs::write(store.partial().join("put-1-0"), "12345").expect("written");
    assert_eq!(store.tidy(Duration::MAX).expect("tidies"), 5);
    assert_eq!(names(&store.partial()).len(), 1);
    // It was killed between making a stage and finding that it needs none.
    drop(store.stage(&key(".partial/empty")).expect("stages"));
    store.tidy(Duration::MAX).expect("tidies");
    assert_eq!(names(&store.partial()).len(), 1);
    drop(held);
    assert_eq!(store.tidy(Duration::MAX).expect("tidies"), 0);
    assert!(names(folder.path()).is_empty(), "the empty .partial goes too");
}
