//! The models of the collector name the functions that do their steps.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Returns what stands between brackets as `FILE.rs:FUNCTION`.
fn named(text: &str) -> BTreeSet<(String, String)> {
    let parts = text.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    let parts = parts.filter_map(|(inside, _)| inside.split_once(".rs:"));
    parts
        .filter(|(file, _)| *file != "FILE")
        .map(|(file, function)| (format!("{file}.rs"), function.to_owned()))
        .collect()
}

#[test]
fn each_step_is_a_function_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for model in ["collector.pml", "upload.pml"] {
        let text = fs::read_to_string(root.join("tests/model").join(model)).expect("reads");
        for (file, function) in named(&text) {
            let paths = ["src/server/storage", "src/server"].map(|folder| root.join(folder).join(&file));
            let code = paths.iter().find_map(|path| fs::read_to_string(path).ok());
            let code = code.unwrap_or_else(|| panic!("{model} names {file}, which is not there"));
            let is_there = code.contains(&format!("fn {function}(")) || code.contains(&format!("fn {function}<"));
            assert!(is_there, "{model} names {function}, which is not in {file}");
            found += 1;
        }
    }
    assert!(found > 25, "{found}");
}

/// A rule that the model can leave out and that no run leaves out would never be missed.
#[test]
fn each_rule_is_left_out_by_a_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model");
    let runs = fs::read_to_string(folder.join("run.sh")).expect("reads");
    let mut found = 0;
    for model in ["collector.pml", "upload.pml"] {
        let text = fs::read_to_string(folder.join(model)).expect("reads");
        let rules: BTreeSet<&str> = (text.lines().filter(|line| line.starts_with('#')))
            .flat_map(|line| line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_'))
            .filter_map(|word| word.strip_prefix("BROKEN_"))
            .collect();
        for rule in rules {
            let is_run = runs.contains(&format!(" {rule} "))
                || runs.contains(&format!(" {rule}\n"))
                || runs.contains(&format!("-DBROKEN_{rule}"));
            assert!(is_run, "no run leaves out {rule}");
            found += 1;
        }
    }
    assert!(found > 15, "{found}");
}
