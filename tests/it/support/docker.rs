//! A real Docker Engine, which `STEVEDORE_DOCKER_HOST` names as docker's `-H` does; `tests/docker-engine.sh` starts one.
//!
//! An engine needs rights that not every machine gives, so its absence is a visible skip even with `CI=true`; `.ci/run` starts one.
//! All tests share it: what they bring has names of their own (the port of their registry, or `name`), and layers that another test
//! has brought may be there already. Containers have no network: `docker run --network none`.

use std::env;

use super::command::{Run, run};
use super::oracle::{Tool, oracle};
use super::skips;

/// The engine, by way of docker's client with a home of its own.
pub(crate) struct Engine {
    host: String,
    client: Tool,
}

/// Finds the engine, or says that the test is skipped.
pub(crate) fn engine() -> Option<Engine> {
    let Some(host) = env::var("STEVEDORE_DOCKER_HOST").ok().filter(|host| !host.is_empty()) else {
        skips::note("STEVEDORE_DOCKER_HOST names no Docker Engine");
        return None;
    };
    Some(Engine { host, client: oracle("docker")? })
}

impl Engine {
    /// Runs docker with these arguments and asserts that it succeeded.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.try_run(arguments).ok()
    }

    /// Runs docker with these arguments.
    #[track_caller]
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Run {
        let mut command = self.client.command(arguments);
        command.env("DOCKER_HOST", &self.host);
        run(command, &[])
    }

    /// Pulls an image; returns the digest that the engine found it to have.
    #[track_caller]
    pub(crate) fn pull(&self, reference: &str) -> String {
        let printed = self.run(&["pull", reference]);
        after(printed.text(), "Digest: ")
    }

    /// Pushes an image, which is pulled if it is not there, under another name; returns the digest that it got.
    #[track_caller]
    pub(crate) fn push_copy(&self, from: &str, to: &str) -> String {
        self.pull(from);
        self.run(&["tag", from, to]);
        let printed = self.run(&["push", to]);
        after(printed.text(), "digest: ")
    }

    /// Removes images, as far as they are there, so that the next pull asks for them again.
    pub(crate) fn forget(&self, references: &[&str]) {
        for reference in references {
            // It may not be there, which is as well.
            let _ = self.try_run(&["rmi", "--force", reference]);
        }
    }
}

/// Returns the word that follows a mark.
#[track_caller]
fn after(text: &str, mark: &str) -> String {
    let rest = text.split_once(mark).unwrap_or_else(|| panic!("no {mark:?} in {text:?}")).1;
    rest.split_whitespace().next().expect("a word follows").to_owned()
}
