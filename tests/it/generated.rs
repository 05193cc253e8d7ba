//! `completions/` and `man/` are what the binary generates; `UPDATE=1` rewrites them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::stevedore;

const SHELLS: [(&str, &str); 5] = [
    ("bash", "stevedore.bash"),
    ("zsh", "_stevedore"),
    ("fish", "stevedore.fish"),
    ("powershell", "stevedore.ps1"),
    ("elvish", "stevedore.elv"),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a committed file with what was generated, or rewrites it.
fn compare(path: &Path, generated: &[u8]) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, generated).expect("writing a generated file");
    }
    let committed = fs::read(path).unwrap_or_default();
    assert!(committed == generated, "{} is not what the binary generates; run the test with UPDATE=1", path.display());
}

#[test]
fn completions_are_what_the_binary_prints() {
    for (shell, file) in SHELLS {
        compare(&folder("completions").join(file), &stevedore(&["completions", shell]).ok().stdout);
    }
}

#[test]
fn pages_are_what_the_binary_writes() {
    let fresh = tempfile::tempdir().expect("making a temporary directory");
    stevedore(&["man", fresh.path().to_str().expect("a text path")]).ok();
    let mut names = Vec::new();
    for entry in fs::read_dir(fresh.path()).expect("a readable directory") {
        let name = entry.expect("an entry").file_name();
        compare(&folder("man").join(&name), &fs::read(fresh.path().join(&name)).expect("a page"));
        names.push(name);
    }
    assert!(names.iter().any(|name| name == "stevedore-copy.1"), "{names:?}");
    let committed = fs::read_dir(folder("man")).expect("the folder").count();
    assert_eq!(committed, names.len(), "a page of a verb that is gone");
}
