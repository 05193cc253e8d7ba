//! Which files of some rooms use which, read from their imports and paths; see `layering.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path below the crate: `["cli", "client"]`.
type Module = Vec<String>;

/// A source file.
struct File {
    path: PathBuf,
    /// The paths of its `use` statements, without those that only export, and the paths in its code.
    uses: Vec<Vec<String>>,
    /// What names stand for here: the last part of an imported path, or its new name, and the path.
    names: BTreeMap<String, Vec<String>>,
}

/// Describes the circles among the files of the rooms together (`["cli", "commands"]`): each as the files that lead from one to itself. A
/// `pub use` is no use: a room's front names what stands in it. Unit tests do not count.
pub(crate) fn circles(rooms: &[&str]) -> Vec<String> {
    let files = read(rooms);
    let edges: BTreeMap<&Module, BTreeSet<&Module>> =
        files.iter().map(|(own, file)| (own, used(own, file, &files))).collect();
    assert!(edges.values().any(|used| !used.is_empty()), "imports were found in {rooms:?}");
    let mut found: Vec<String> = Vec::new();
    let mut told: BTreeSet<&Module> = BTreeSet::new();
    for start in edges.keys().copied() {
        if told.contains(start) {
            continue;
        }
        if let Some(circle) = circle(start, &edges) {
            found.push(
                circle.iter().map(|module| files[*module].path.display().to_string()).collect::<Vec<_>>().join(" -> "),
            );
            told.extend(circle);
        }
    }
    found
}

/// Finds the shortest way from a module to itself.
fn circle<'a>(start: &'a Module, edges: &BTreeMap<&'a Module, BTreeSet<&'a Module>>) -> Option<Vec<&'a Module>> {
    let mut before: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in edges[at].iter().copied() {
            if next == start {
                let mut way = vec![start, at];
                while way[way.len() - 1] != start {
                    way.push(before[way[way.len() - 1]]);
                }
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(next) {
                before.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

fn read(rooms: &[&str]) -> BTreeMap<Module, File> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    for room in rooms {
        super::layering::rust_files(&source.join(room), &mut paths);
    }
    let inside = |path: &Path| path.strip_prefix(&source).expect("below src").to_owned();
    let modules: BTreeMap<Module, PathBuf> = paths.iter().map(|path| (module(&inside(path)), inside(path))).collect();
    let mut files = BTreeMap::new();
    for (own, path) in modules.iter().filter(|(_, path)| !super::layering::is_test(path)) {
        let code = code(&fs::read_to_string(source.join(path)).expect("readable"));
        let children = modules.keys().filter(|other| other.len() == own.len() + 1 && other.starts_with(own));
        let children: BTreeSet<&str> = children.map(|child| child[own.len()].as_str()).collect();
        files.insert(own.clone(), parse(path, &code, own, &children));
    }
    files
}

/// Returns the module of `cli/client.rs` or `cli/mod.rs`.
fn module(path: &Path) -> Module {
    let mut parts: Module = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Returns a file's text without comments and unit tests.
fn code(text: &str) -> String {
    let tests = text
        .match_indices("#[cfg(test)]\nmod ")
        .find(|(at, _)| text[*at..].lines().nth(1).is_some_and(|line| line.trim_end().ends_with('{')));
    let text = tests.map_or(text, |(at, _)| &text[..at]);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

fn parse(path: &Path, code: &str, own: &Module, children: &BTreeSet<&str>) -> File {
    let mut file = File { path: path.to_owned(), uses: Vec::new(), names: BTreeMap::new() };
    let mut rest = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        let is_export = start.starts_with("pub") && start.contains(" use ");
        if !start.starts_with("use ") && !is_export {
            rest.push_str(line);
            rest.push('\n');
            continue;
        }
        let mut statement = start.split_once("use ").expect("a use").1.to_owned();
        while !statement.contains(';') {
            statement.push_str(lines.next().expect("the end of a use"));
        }
        let tree = statement.split(';').next().unwrap_or_default();
        for (path, name) in expand(&tree.split_whitespace().collect::<Vec<_>>().join(" ")) {
            let Some(path) = absolute(&path, own, children) else { continue };
            file.names.insert(name, path.clone());
            if !is_export {
                file.uses.push(path);
            }
        }
    }
    let words: Vec<Vec<String>> = paths(&rest);
    file.uses.extend(words.iter().filter_map(|path| absolute(path, own, children)));
    file
}

/// Expands `a::{b, c::d as e}` into its paths, each with the name that it brings.
fn expand(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let split = |path: &str| path.split("::").map(|part| part.trim().to_owned()).collect::<Vec<String>>();
    let Some((prefix, inner)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path = split(path);
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = if name.is_empty() { path.last().cloned().unwrap_or_default() } else { name.trim().to_owned() };
        return vec![(path, name)];
    };
    let inner = inner.trim_end().strip_suffix('}').expect("a closed group");
    let (mut depth, mut parts, mut part) = (0, Vec::new(), String::new());
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    let prefix = prefix.trim();
    parts
        .iter()
        .filter(|part| !part.trim().is_empty())
        .flat_map(|part| expand(&format!("{prefix}{}", part.trim())))
        .collect()
}

/// Finds the paths in code: names joined by `::`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_part(c)).filter(|word| word.contains("::"));
    words.map(|word| word.split("::").map(str::to_owned).collect()).collect()
}

/// Returns a path as from the crate; nothing for what is no path into it.
fn absolute(path: &[String], own: &Module, children: &BTreeSet<&str>) -> Option<Vec<String>> {
    let first = path.first()?.as_str();
    if first == "crate" {
        return Some(path[1..].to_vec());
    }
    if children.contains(first) {
        return Some([own.as_slice(), path].concat());
    }
    let mut base = own.clone();
    let mut rest = path;
    if first == "self" {
        rest = &rest[1..];
    } else if first != "super" {
        return None;
    }
    while rest.first().is_some_and(|part| part == "super") {
        base.pop();
        rest = &rest[1..];
    }
    Some([base.as_slice(), rest].concat())
}

/// Finds the files that a file uses.
fn used<'a>(own: &Module, file: &File, files: &'a BTreeMap<Module, File>) -> BTreeSet<&'a Module> {
    let found = file.uses.iter().filter_map(|path| resolve(path, files, 0));
    found.filter(|module| *module != own).collect()
}

/// Finds the file in which a path ends, through what fronts export.
fn resolve<'a>(path: &[String], files: &'a BTreeMap<Module, File>, depth: usize) -> Option<&'a Module> {
    let (module, file) = (1..=path.len()).rev().find_map(|length| files.get_key_value(&path[..length]))?;
    let Some(name) = path.get(module.len()).filter(|_| depth < 8) else { return Some(module) };
    match file.names.get(name) {
        Some(other) => {
            let further = [other.as_slice(), &path[module.len() + 1..]].concat();
            resolve(&further, files, depth + 1)
        }
        None => Some(module),
    }
}
