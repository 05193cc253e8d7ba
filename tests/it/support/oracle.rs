//! Independent tools to compare with, found in PATH and in the directories that `STEVEDORE_ORACLES` names.
//!
//! A missing tool skips a test visibly on a developer's machine and fails it with `CI=true`:
//! `let Some(crane) = oracle("crane") else { return };`

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::command::{Run, run};
use super::skips;

/// Finds a tool, or says that the test is skipped.
pub(crate) fn oracle(name: &str) -> Option<Tool> {
    match find(name) {
        Some(path) => Some(Tool::new(name, path)),
        None => skip(&format!("{name} is not installed")),
    }
}

/// Returns the directory of the published images that `STEVEDORE_CORPUS` names, or says that the test is skipped.
pub(crate) fn corpus() -> Option<PathBuf> {
    let dir = env::var_os("STEVEDORE_CORPUS").map(PathBuf::from).filter(|dir| dir.is_dir());
    dir.or_else(|| skip("STEVEDORE_CORPUS names no directory"))
}

/// Returns the number that a variable of the environment has, for tests that can do more than they do every day.
pub(crate) fn number(variable: &str, default: u64) -> u64 {
    let Ok(text) = env::var(variable) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}, not a number"))
}

/// Whether the tests run as root; says that the test is skipped where they do not.
pub(crate) fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skips::note("not root, which owners, devices and capabilities take");
    }
    is_root
}

/// Returns the directories that tools come from, as a PATH.
pub(crate) fn search_path() -> String {
    let own = env::var("STEVEDORE_ORACLES").unwrap_or_default();
    let system = env::var("PATH").unwrap_or_default();
    if own.is_empty() { system } else { format!("{own}:{system}") }
}

fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&search_path()).map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn skip<T>(why: &str) -> Option<T> {
    assert!(env::var("CI").as_deref() != Ok("true"), "{why}, and CI=true allows no test to be skipped");
    skips::note(why);
    None
}

/// A tool with a home of its own: no settings or credentials of the machine reach it.
pub(crate) struct Tool {
    name: String,
    path: PathBuf,
    home: TempDir,
}

impl Tool {
    fn new(name: &str, path: PathBuf) -> Tool {
        let home = TempDir::new().expect("making a temporary directory");
        for dir in ["run", "tmp", ".docker"] {
            fs::create_dir(home.path().join(dir)).expect("making a directory in a fresh one");
        }
        let tool = Tool { name: name.to_owned(), path, home };
        tool.write_credentials("{}");
        tool
    }

    /// Returns the name by which it was found.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the tool's home directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Gives the tool credentials for a registry, where Docker's and where podman's tools look for them.
    pub(crate) fn log_in(&self, host: &str, user: &str, password: &str) {
        use base64::Engine;
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.write_credentials(&serde_json::json!({"auths": {host: {"auth": auth}}}).to_string());
    }

    fn write_credentials(&self, text: &str) {
        for file in ["auth.json", ".docker/config.json"] {
            fs::write(self.home.path().join(file), text).expect("writing into the tool's home");
        }
    }

    /// Returns the command for these arguments, to be changed and run by the caller.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let home = self.home.path();
        let mut command = Command::new(&self.path);
        command.env_clear().env("PATH", search_path()).env("HOME", home).env("TMPDIR", home.join("tmp"));
        command.env("XDG_RUNTIME_DIR", home.join("run")).env("REGISTRY_AUTH_FILE", home.join("auth.json"));
        command.current_dir(home);
        if self.name.starts_with("skopeo") {
            // No trust policy is installed on a test machine, and big files do not belong into /var/tmp.
            command.arg("--insecure-policy").arg("--tmpdir").arg(home.join("tmp"));
        }
        command.args(arguments);
        command
    }

    /// Runs the tool and asserts that it succeeded.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.try_run(arguments).ok()
    }

    /// Runs the tool.
    #[track_caller]
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Run {
        run(self.command(arguments), &[])
    }
}
