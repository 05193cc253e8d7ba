//! What must never be seen: the secrets that commands are given and servers give out, looked for in what every command traces.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What is shorter stands in other text as well.
const LEAST: usize = 6;

/// What all servers of this process have given out.
static ISSUED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Returns a token that nothing else looks like, which no trace may show.
pub(crate) fn issue(name: &str) -> String {
    let mut issued = ISSUED.lock().unwrap_or_else(PoisonError::into_inner);
    let token = format!("issued-{}-{name}-{}", std::process::id(), issued.len());
    issued.insert(token.clone());
    token
}

/// The secrets of one command.
#[derive(Default)]
pub(crate) struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Collects what a command is given by flags, variables and standard input.
    pub(crate) fn of(command: &Command, stdin: &[u8], home: &Path) -> Secrets {
        let mut secrets = Secrets::default();
        let arguments: Vec<String> = command.get_args().map(|each| each.to_string_lossy().into_owned()).collect();
        let mut files: Vec<PathBuf> = [".docker/config.json", ".config/containers/auth.json", ".dockercfg"]
            .iter()
            .map(|name| home.join(name))
            .collect();
        for (number, argument) in arguments.iter().enumerate() {
            let (flag, value) = match argument.split_once('=') {
                Some((flag, value)) => (flag, value),
                None => (argument.as_str(), arguments.get(number + 1).map_or("", String::as_str)),
            };
            match flag.trim_start_matches("--src-").trim_start_matches("--dest-").trim_start_matches('-') {
                "creds" => secrets.login(value),
                "registry-token" | "password" | "p" | "identity-token" => secrets.add(value),
                "authfile" => files.push(value.into()),
                "password-stdin" => secrets.add(String::from_utf8_lossy(stdin).trim()),
                _ => {}
            }
        }
        for (name, value) in command.get_envs() {
            let value = value.unwrap_or_default().to_string_lossy();
            match &*name.to_string_lossy() {
                "REGISTRY_AUTH_FILE" => files.push(value.as_ref().into()),
                "DOCKER_CONFIG" => files.push(Path::new(value.as_ref()).join("config.json")),
                "DOCKER_AUTH_CONFIG" => secrets.document(value.as_bytes()),
                "SIGSTORE_ID_TOKEN" | "ACTIONS_ID_TOKEN_REQUEST_TOKEN" | "COSIGN_PASSWORD" => secrets.add(&value),
                _ => {}
            }
        }
        for file in files {
            secrets.document(&fs::read(file).unwrap_or_default());
        }
        secrets
    }

    fn add(&mut self, secret: &str) {
        if secret.len() >= LEAST {
            self.0.insert(secret.to_owned());
        }
    }

    fn login(&mut self, login: &str) {
        self.add(&STANDARD.encode(login));
        if let Some((_, password)) = login.split_once(':') {
            self.add(password);
        }
    }

    /// Adds what a file of logins holds.
    fn document(&mut self, text: &[u8]) {
        let document: Value = serde_json::from_slice(text).unwrap_or_default();
        let entries = document.get("auths").unwrap_or(&document).as_object().cloned().unwrap_or_default();
        for entry in entries.values() {
            for (name, value) in entry.as_object().cloned().unwrap_or_default() {
                let value = value.as_str().unwrap_or_default();
                match name.as_str() {
                    "auth" => {
                        self.add(value);
                        let login = STANDARD.decode(value).unwrap_or_default();
                        self.login(&String::from_utf8_lossy(&login));
                    }
                    "password" | "identitytoken" | "registrytoken" => self.add(value),
                    _ => {}
                }
            }
        }
    }

    /// Fails when a trace shows a secret: one of these, one that a server gave out, or one in a place that secrets have.
    #[track_caller]
    pub(crate) fn assert_hidden(&self, trace: &str, line: &str) {
        let issued = ISSUED.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in self.0.iter().chain(issued.iter()) {
            assert!(!trace.contains(secret.as_str()), "{line}: its trace shows {secret}:\n{trace}");
        }
        drop(issued);
        for text in trace.lines() {
            // The last line of a killed process may be cut off.
            let exchange: Value = serde_json::from_str(text).unwrap_or_default();
            let heads = ["request", "response"].iter().filter_map(|name| exchange[*name].as_array()).flatten();
            for field in heads {
                let (name, value) = (field[0].as_str().unwrap_or_default(), field[1].as_str().unwrap_or_default());
                if matches!(name, "authorization" | "cookie" | "set-cookie") || name.starts_with("x-amz-") {
                    assert!(value.ends_with("***"), "{line}: its trace shows {name}: {value}");
                }
            }
        }
    }
}
