//! Killing the binary under test at a system call, so that each run dies at the same place.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::command::Program;
use super::layout::sha256;
use super::oracle::oracle;

/// Moments between which everything that an image is made of gets its place: a thread's nth call of each kind is its last one.
const MOMENTS: [(&str, u32); 16] = [
    ("write", 1),
    ("write", 3),
    ("write", 9),
    ("fsync", 1),
    ("fsync", 2),
    ("fsync", 3),
    ("fsync", 5),
    ("fsync", 8),
    ("ftruncate", 1),
    ("ftruncate", 2),
    ("rename", 1),
    ("rename", 2),
    ("rename", 3),
    ("rename", 4),
    ("rename", 5),
    ("unlink", 1),
];

/// Runs the binary to each of the moments; `check` gets to see what is left, with the moment's name. `None` when strace is missing.
pub(crate) fn at_each_moment(arguments: &[&str], check: impl Fn(&str)) -> Option<()> {
    oracle("strace")?;
    let mut killed = 0;
    for (call, number) in MOMENTS {
        let what = format!("inject={call}:signal=KILL:when={number}");
        let fixed = ["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &what];
        let all = fixed.into_iter().chain([env!("CARGO_BIN_EXE_stevedore")]).chain(arguments.iter().copied());
        let run = Program::new("strace", &all.collect::<Vec<_>>()).run();
        assert!(run.code == 0 || run.code == 137, "{what}: {} {}", run.code, run.stderr);
        killed += u32::from(run.code == 137);
        check(&what);
    }
    assert!(killed >= 10, "only {killed} runs were killed");
    Some(())
}

/// Asserts that what has the name of a digest in a layout has that digest.
#[track_caller]
pub(crate) fn assert_no_blob_is_half(layout: &Path, what: &str) {
    for blob in fs::read_dir(layout.join("blobs/sha256")).into_iter().flatten() {
        let path = blob.expect("an entry").path();
        let name = path.file_name().and_then(OsStr::to_str).expect("a name");
        assert_eq!(sha256(&fs::read(&path).expect("readable")), format!("sha256:{name}"), "{what}");
    }
}
