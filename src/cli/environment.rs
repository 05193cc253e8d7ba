//! The process's environment: the one place that reads it. The library is told what it says.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use stevedore::registry::credentials;
use stevedore::registry::{Options, Proxy};

use super::{Context, Result, Usage};

/// What the environment says; empty variables count as unset.
pub(crate) struct Environment {
    home: Option<PathBuf>,
}

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Self {
        Self { home: path("HOME") }
    }

    /// Returns the values that say where logins are.
    pub(crate) fn credentials(&self) -> credentials::Environment {
        credentials::Environment {
            home: self.home.clone(),
            docker_config: env::var_os("DOCKER_CONFIG"),
            docker_auth_config: text(&["DOCKER_AUTH_CONFIG"]),
            registry_auth_file: env::var_os("REGISTRY_AUTH_FILE"),
            xdg_runtime_dir: env::var_os("XDG_RUNTIME_DIR"),
            xdg_config_home: env::var_os("XDG_CONFIG_HOME"),
            uid: rustix::process::getuid().as_raw(),
        }
    }

    /// Sets the options that follow from the environment: proxies and certificate folders.
    pub(crate) fn apply(&self, options: &mut Options) {
        options.proxy = proxy();
        options.certs_dirs = self.certs_dirs();
    }

    /// Returns the folder for what outlives the process: `$XDG_STATE_HOME/stevedore`.
    pub(crate) fn state(&self) -> Option<PathBuf> {
        let folder = path("XDG_STATE_HOME").or_else(|| Some(self.home.as_ref()?.join(".local/state")))?;
        Some(folder.join("stevedore"))
    }

    /// Returns the time that stands for now in what is built, in seconds since 1970:
    /// <https://reproducible-builds.org/specs/source-date-epoch/>.
    ///
    /// # Errors
    /// When `SOURCE_DATE_EPOCH` is set and no such number.
    pub(crate) fn source_date_epoch(&self) -> Result<Option<i64>, Usage> {
        let Some(text) = text(&["SOURCE_DATE_EPOCH"]) else { return Ok(None) };
        let time = text.parse().ok().filter(|time| (0..=253_402_300_799).contains(time));
        let hint = "set it to seconds since 1970, as in $(git log -1 --format=%ct)";
        time.map(Some).ok_or_else(|| Usage::new(format!("SOURCE_DATE_EPOCH is {text:?}, which is no time"), hint))
    }

    /// Lists the files with rules about registries: one that was named, alone and whether it exists or not; else those that exist, the
    /// system's only where the user has none, and what lies in the folders beside both.
    ///
    /// # Errors
    /// When such a folder cannot be read.
    pub(crate) fn rules(&self, given: Option<&Path>) -> Result<Vec<PathBuf>> {
        if let Some(file) = given.map(PathBuf::from).or_else(|| path("CONTAINERS_REGISTRIES_CONF")) {
            return Ok(vec![file]);
        }
        let own = self.config().map(|folder| folder.join("containers"));
        let folders: Vec<PathBuf> = [PathBuf::from("/etc/containers")].into_iter().chain(own).collect();
        let main = folders.iter().rev().map(|folder| folder.join("registries.conf")).find(|file| file.exists());
        let mut files: Vec<PathBuf> = main.into_iter().collect();
        for folder in folders {
            files.extend(drop_ins(&folder.join("registries.conf.d"))?);
        }
        Ok(files)
    }

    /// Returns the policy that podman and skopeo read: the user's where there is one, else the system's.
    #[cfg(feature = "sign")]
    pub(crate) fn policy(&self) -> PathBuf {
        let own = self.home.as_ref().map(|home| home.join(".config/containers/policy.json"));
        own.filter(|file| file.exists()).unwrap_or_else(|| "/etc/containers/policy.json".into())
    }

    /// Returns the folder that says where signatures by OpenPGP keys are: the user's where there is one, else the system's.
    #[cfg(feature = "openpgp")]
    pub(crate) fn registries_d(&self) -> PathBuf {
        let own = self.home.as_ref().map(|home| home.join(".config/containers/registries.d"));
        own.filter(|folder| folder.exists()).unwrap_or_else(|| "/etc/containers/registries.d".into())
    }

    /// Returns where such signatures are of which nothing is said.
    #[cfg(feature = "openpgp")]
    pub(crate) fn lookaside(&self) -> PathBuf {
        let own = self.home.as_ref().filter(|_| !rustix::process::geteuid().is_root());
        own.map_or_else(|| "/var/lib/containers/sigstore".into(), |home| home.join(".local/share/containers/sigstore"))
    }

    /// Returns where signatures lie that are not beside the image, as cosign has it.
    #[cfg(feature = "sign")]
    pub(crate) fn signature_repository(&self) -> Option<String> {
        text(&["COSIGN_REPOSITORY"])
    }

    /// Returns the identity token that jobs have there, GitLab's among them.
    #[cfg(feature = "sign")]
    pub(crate) fn identity_token(&self) -> Option<String> {
        text(&["SIGSTORE_ID_TOKEN"])
    }

    /// Returns where a job of GitHub's gets identity tokens, and the secret for that.
    #[cfg(feature = "sign")]
    pub(crate) fn github_tokens(&self) -> Option<(String, String)> {
        text(&["ACTIONS_ID_TOKEN_REQUEST_URL"]).zip(text(&["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]))
    }

    /// Returns the password of keys; an empty one is a password, too.
    #[cfg(feature = "sign")]
    pub(crate) fn key_password(&self) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        env::var_os("COSIGN_PASSWORD").map(|password| std::os::unix::ffi::OsStringExt::into_vec(password).into())
    }

    fn config(&self) -> Option<PathBuf> {
        path("XDG_CONFIG_HOME").or_else(|| Some(self.home.as_ref()?.join(".config")))
    }

    /// containers-certs.d(5), and docker's folder.
    fn certs_dirs(&self) -> Vec<PathBuf> {
        let own = self.config().map(|folder| folder.join("containers/certs.d"));
        own.into_iter().chain(["/etc/containers/certs.d".into(), "/etc/docker/certs.d".into()]).collect()
    }
}

/// Only the lower-case `http_proxy` counts: a CGI request's `Proxy` header sets the other (httpoxy, CVE-2016-5385).
fn proxy() -> Option<Proxy> {
    let all = text(&["ALL_PROXY", "all_proxy"]);
    let http = text(&["http_proxy"]).or_else(|| all.clone());
    let https = text(&["HTTPS_PROXY", "https_proxy"]).or(all);
    if http.is_none() && https.is_none() {
        return None;
    }
    let except = text(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
    let except = except.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect();
    Some(Proxy { http, https, except })
}

/// Lists the `*.conf` of a folder that may not exist, by name.
fn drop_ins(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<io::Result<Vec<_>>>(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => Err(error),
    };
    let entries = entries.with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    files.sort();
    Ok(files)
}

/// Returns the value of a variable that was named by whoever runs the program.
#[cfg(feature = "sign")]
pub(crate) fn variable(name: &str) -> Option<String> {
    text(&[name])
}

fn text(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
