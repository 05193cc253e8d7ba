//! Imports point down the list in `docs/ARCHITECTURE.md`, never up.

use std::fs;
use std::path::{Path, PathBuf};

use super::imports::circles;

/// The modules of the library, lowest first; modules of one row may use each other.
const LAYERS: &[&[&str]] = &[
    &[
        "class",
        "error_chain",
        "locks",
        "pages",
        "percent",
        "digest",
        "media_type",
        "platform",
        "reference",
        "descriptor",
        "manifest",
        "config",
        "blob",
        "splice",
        "tar",
        "timestamp",
        "watch",
        "pool",
        "reading",
    ],
    &["durable", "program"],
    &["store", "registry", "http"],
    &["layer"],
    &["transport"],
    &["image"],
    &["filesystem"],
    &["draft", "validate"],
    &["copy"],
    &["build"],
    &["artifact"],
    &["sign", "mutate"],
    &["sbom"],
    &["diff"],
    &["sync"],
    &["deploy", "server"],
    &["cli"],
    &["commands"],
    &["main"],
];

const PURE_ROW: usize = 0;

pub(crate) fn rust_files(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

#[test]
fn imports_point_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    assert!(files.len() > 30, "the sources were found");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in &files {
        let inside = file.strip_prefix(&source).expect("below src");
        let module = inside.iter().next().and_then(|name| name.to_str()).expect("a name").trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let Some(own) = layer_of(module) else {
            wrong.push(format!("{}: module {module} stands in no layer; add it to this test", inside.display()));
            continue;
        };
        let text = fs::read_to_string(file).expect("readable");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let used = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
                let Some(other) = layer_of(used) else {
                    continue;
                };
                seen += 1;
                if other > own {
                    wrong.push(format!("{}:{}: {module} uses {used}", inside.display(), number + 1));
                }
            }
        }
    }
    assert!(seen > 100, "imports were found");
    assert!(wrong.is_empty(), "imports that point up:\n{}", wrong.join("\n"));
}

/// Files that use each other in a circle can only be read together.
#[test]
fn no_circle_of_imports_spans_cli_and_commands() {
    let found = circles(&["cli", "commands"]);
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}

#[test]
fn no_circle_of_imports_lies_in_copy() {
    let found = circles(&["copy"]);
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}

/// The pure row does no I/O: no files, no sockets, no processes, no environment.
#[test]
fn the_pure_row_does_no_io() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for module in LAYERS[PURE_ROW] {
        let mut files = Vec::new();
        let folder = source.join(module);
        if folder.is_dir() {
            rust_files(&folder, &mut files);
        } else {
            files.push(folder.with_extension("rs"));
        }
        for file in files {
            let text = fs::read_to_string(&file).expect("readable");
            for forbidden in ["std::fs", "std::net::Tcp", "std::process", "std::env::var", "std::env::temp"] {
                assert!(!text.contains(forbidden), "{} uses {forbidden}", file.display());
            }
            checked += 1;
        }
    }
    assert!(checked >= LAYERS[PURE_ROW].len());
}

/// Says whether a file of `src` is only compiled for tests.
pub(crate) fn is_test(inside: &Path) -> bool {
    inside.iter().any(|name| ["tests.rs", "tests", "contract.rs"].iter().any(|test| name == *test))
}

/// The library neither prints nor exits, nor reads the environment; only the binary does.
#[test]
fn the_library_does_not_print_or_exit() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    for file in files {
        let inside = file.strip_prefix(&source).expect("below src").to_owned();
        if is_test(&inside)
            || inside.starts_with("cli")
            || inside.starts_with("commands")
            || inside == Path::new("main.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = code.split("#[cfg(all(test").next().unwrap_or_default();
        for forbidden in
            ["println!", "eprintln!", "process::exit", "env::var", "env::temp_dir", "clap::", "indicatif::"]
        {
            assert!(!code.contains(forbidden), "{} uses {forbidden}", inside.display());
        }
    }
}

/// Where the system has no more threads, `thread::spawn` and `Scope::spawn` panic: only `pool.rs` and the server make threads, by
/// `thread::Builder`, and the binary a few of its own.
#[test]
fn no_thread_is_made_by_what_can_panic() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut made = 0;
    for file in files {
        let inside = file.strip_prefix(&source).expect("below src").to_owned();
        if is_test(&inside) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = code.split("#[cfg(all(test").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let panics =
                ["thread::spawn(", "scope.spawn(", "steady_tick"].iter().any(|forbidden| line.contains(forbidden));
            assert!(!panics, "{}:{}: {line}", inside.display(), number + 1);
        }
        if code.contains("Builder::new().name(") {
            let allowed = ["pool.rs", "http/server.rs", "cli/progress.rs", "cli/interrupt.rs", "commands/serve/mod.rs"];
            assert!(allowed.iter().any(|allowed| inside == Path::new(allowed)), "{} makes threads", inside.display());
            made += 1;
        }
    }
    assert!(made > 1, "threads are made somewhere");
}

/// The public errors of the library say what kind of failure they are.
#[test]
fn every_error_is_classified() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let (mut seen, mut wrong) = (0, Vec::new());
    for file in files {
        let inside = file.strip_prefix(&source).expect("below src").to_owned();
        let text = fs::read_to_string(&file).expect("readable");
        let derived = text.split("thiserror::Error").skip(1).filter_map(|rest| {
            let line = rest.lines().find(|line| line.contains("struct ") || line.contains("enum "))?;
            let (_, name) = line.strip_prefix("pub ")?.split_once(' ')?;
            name.split(|c: char| !c.is_alphanumeric()).next()
        });
        let written =
            text.lines().filter_map(|line| line.strip_prefix("impl ")?.split_once("Error for ")?.1.split(' ').next());
        for name in derived.chain(written) {
            seen += 1;
            let lists = text.split("classified!(").skip(1).filter_map(|rest| rest.split("=>").next());
            let is_listed = lists.flat_map(|list| list.split(',')).any(|listed| listed.trim() == name);
            if !is_listed && !text.contains(&format!("impl Classified for {name} {{")) {
                wrong.push(format!("{}: {name} does not implement Classified", inside.display()));
            }
        }
    }
    assert!(seen > 40, "errors were found: {seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
