//! Imports point down the list in `docs/ARCHITECTURE.md`, never up.

use std::fs;
use std::path::{Path, PathBuf};

use super::imports::circles;

/// The modules of the library, lowest first; modules of one row may use each other.
const LAYERS: &[&[&str]] = &[
    &[
        "class",
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
    ],
    &["store", "registry", "http"],
    &["transport"],
    &["layer", "image"],
    &["filesystem"],
    &["draft"],
    &["copy"],
    &["build"],
    &["artifact"],
    &["sync", "deploy", "diff", "mutate", "sbom", "sign", "server"],
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
fn no_circle_of_imports_lies_in_commands() {
    let found = circles(&["commands"]);
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

/// The library neither prints nor exits, nor reads the environment; only the binary does.
#[test]
fn the_library_does_not_print_or_exit() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    for file in files {
        let inside = file.strip_prefix(&source).expect("below src").to_owned();
        let is_test = inside.file_name().is_some_and(|name| name == "tests.rs" || name == "contract.rs");
        if is_test || inside.starts_with("cli") || inside.starts_with("commands") || inside == Path::new("main.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("readable");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for forbidden in
            ["println!", "eprintln!", "process::exit", "env::var", "env::temp_dir", "clap::", "indicatif::"]
        {
            assert!(!code.contains(forbidden), "{} uses {forbidden}", inside.display());
        }
    }
}
