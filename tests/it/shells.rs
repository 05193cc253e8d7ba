//! What shells, `man` and people are told about the command line.

use crate::support::command::{Program, stevedore};
use crate::support::oracle::oracle;

/// The program's own script for each shell is one that the shell takes; shells that are not there cannot be asked, bash is.
#[test]
fn completions_load() {
    let folder = tempfile::tempdir().expect("making a temporary directory");
    for (shell, check) in [
        ("bash", "source \"$1\" && complete -p stevedore"),
        ("zsh", "autoload -U compinit && compinit -u && source \"$1\" && [[ -n $_comps[stevedore] ]]"),
        ("fish", "source $argv[1]; and complete -C 'stevedore cop' | string match -q 'copy*'"),
    ] {
        let script = stevedore(&["completions", shell]).ok();
        let file = folder.path().join(shell);
        std::fs::write(&file, &script.stdout).expect("writing a file");
        if shell != "bash" && oracle(shell).is_none() {
            continue;
        }
        let file = file.display().to_string();
        let arguments: &[&str] = if shell == "fish" { &["-c", check, &file] } else { &["-c", check, shell, &file] };
        let run = Program::new(shell, arguments).run().ok();
        assert_eq!(run.stderr, "", "{shell}");
    }
}

/// Bash completes verbs and flags.
#[test]
fn bash_completes() {
    let script = stevedore(&["completions", "bash"]).ok().stdout;
    let ask = "\neval \"$(cat)\"; COMP_WORDS=(stevedore \"$@\"); COMP_CWORD=$#; \
        _stevedore stevedore \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    for (words, completion) in [
        (&["insp"][..], "inspect"),
        (&["copy", "--plat"], "--platform"),
        (&["copy", "--preserve"], "--preserve-digests"),
    ] {
        let arguments: Vec<&str> = ["-c", ask, "bash"].iter().chain(words).copied().collect();
        let run = Program::new("bash", &arguments).stdin(&script).run().ok();
        assert!(run.text().lines().any(|line| line == completion), "{words:?}: {} {}", run.text(), run.stderr);
    }
}

/// Each manual page renders without a complaint and has its sections.
#[test]
fn manual_pages_render() {
    let folder = tempfile::tempdir().expect("making a temporary directory");
    let pages = stevedore(&["man", &folder.path().display().to_string()]).ok();
    let pages: Vec<&str> = pages.text().lines().collect();
    assert!(pages.len() > verbs().len(), "{pages:?}");
    if oracle("man").is_none() {
        return;
    }
    for page in pages {
        let run =
            Program::new("man", &["--warnings", "-l", page]).env("MANWIDTH", "100").env("LC_ALL", "C.UTF-8").run().ok();
        assert_eq!(run.stderr, "", "{page}");
        let text = plain(run.text());
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
            assert!(text.lines().any(|line| line == section), "{page} has no {section}: {text}");
        }
    }
}

/// The help of every verb ends with examples that the verb itself understands to be its own.
#[test]
fn every_verb_has_an_example() {
    for verb in verbs() {
        let help = stevedore(&[&verb, "--help"]).ok();
        let (_, examples) = help.text().split_once("Examples:\n").unwrap_or_else(|| panic!("{verb} has no example"));
        let of_verb = examples.lines().filter(|line| line.contains(&format!("stevedore {verb}")));
        assert!(of_verb.count() >= 1, "{verb}: {examples}");
        assert!(
            stevedore(&[&verb, "-h"]).ok().text().lines().next().is_some_and(|line| !line.ends_with('.')),
            "{verb}"
        );
    }
}

/// Returns the verbs that the help lists.
fn verbs() -> Vec<String> {
    let help = stevedore(&["--help"]).ok();
    let (_, list) = help.text().split_once("Commands:\n").expect("a list of commands");
    let lines = list.lines().take_while(|line| line.starts_with(' ') || line.is_empty());
    let lines = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    let verbs: Vec<String> = names.filter(|name| *name != "help").map(str::to_owned).collect();
    assert!(verbs.len() >= 8, "{verbs:?}");
    verbs
}

/// Takes away how `man` prints bold: each letter over itself.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        if letter == '\x08' {
            plain.pop();
        } else {
            plain.push(letter);
        }
    }
    plain
}
