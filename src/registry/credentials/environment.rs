//! From the variables of a process to the places that hold its logins.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{AuthFile, Dialect, Files, Helpers, Source};

/// The values that say where logins are, as the caller found them; empty ones count as unset.
#[derive(Clone, Default)]
pub struct Environment {
    /// The home directory.
    pub home: Option<PathBuf>,
    /// `DOCKER_CONFIG`: docker's folder.
    pub docker_config: Option<OsString>,
    /// `DOCKER_AUTH_CONFIG`: the text of a `config.json`.
    pub docker_auth_config: Option<String>,
    /// `REGISTRY_AUTH_FILE`: the one file, for podman and its kin.
    pub registry_auth_file: Option<OsString>,
    /// `XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<OsString>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<OsString>,
    /// The user's number, for podman's folder where there is no `XDG_RUNTIME_DIR`.
    pub uid: u32,
}

impl Environment {
    /// Lists the places to look at. A file that the caller was told to use is the only one; `REGISTRY_AUTH_FILE` is the only file.
    pub fn files(&self, auth_file: Option<&Path>, helpers: Helpers) -> Files {
        let sources = match auth_file {
            Some(path) => vec![podman(path)],
            None => self.inline().into_iter().chain(self.found()).collect(),
        };
        Files::new(sources, helpers)
    }

    /// Returns the file that a login goes to: the one given, that of `REGISTRY_AUTH_FILE`, else docker's.
    /// Nothing when there is not even a home directory.
    pub fn login_file(&self, auth_file: Option<&Path>) -> Option<AuthFile> {
        let given = auth_file.map(PathBuf::from).or_else(|| path(&self.registry_auth_file));
        match given {
            Some(path) => Some(AuthFile { path, dialect: Dialect::Podman }),
            None => Some(AuthFile { path: self.docker()?, dialect: Dialect::Docker }),
        }
    }

    fn inline(&self) -> Option<Source> {
        let text = self.docker_auth_config.clone().filter(|text| !text.is_empty())?;
        Some(Source::Inline { name: "DOCKER_AUTH_CONFIG".into(), text })
    }

    fn found(&self) -> Vec<Source> {
        if let Some(path) = path(&self.registry_auth_file) {
            return vec![podman(&path)];
        }
        let home = self.home();
        let runtime =
            path(&self.xdg_runtime_dir).unwrap_or_else(|| PathBuf::from(format!("/run/containers/{}", self.uid)));
        let runtime = match &self.xdg_runtime_dir {
            Some(folder) if !folder.is_empty() => runtime.join("containers/auth.json"),
            _ => runtime.join("auth.json"),
        };
        let config = path(&self.xdg_config_home).or_else(|| Some(home?.join(".config")));
        let config = config.map(|folder| folder.join("containers/auth.json"));
        let mut sources = vec![podman(&runtime)];
        sources.extend(config.map(|path| podman(&path)));
        sources.extend(self.docker().map(|path| Source::File(AuthFile { path, dialect: Dialect::Docker })));
        let legacy = home.map(|home| AuthFile { path: home.join(".dockercfg"), dialect: Dialect::Legacy });
        sources.extend(legacy.map(Source::File));
        sources
    }

    fn docker(&self) -> Option<PathBuf> {
        let folder = path(&self.docker_config).or_else(|| Some(self.home()?.join(".docker")))?;
        Some(folder.join("config.json"))
    }

    fn home(&self) -> Option<&Path> {
        self.home.as_deref().filter(|home| !home.as_os_str().is_empty())
    }
}

fn podman(path: &Path) -> Source {
    Source::File(AuthFile { path: path.into(), dialect: Dialect::Podman })
}

fn path(value: &Option<OsString>) -> Option<PathBuf> {
    value.as_ref().filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets variables by name, as a shell would.
    fn environment(values: &[(&str, &str)]) -> Environment {
        let mut environment = Environment { uid: 7, ..Environment::default() };
        for &(name, value) in values {
            match name {
                "HOME" => environment.home = Some(value.into()),
                "DOCKER_CONFIG" => environment.docker_config = Some(value.into()),
                "DOCKER_AUTH_CONFIG" => environment.docker_auth_config = Some(value.into()),
                "REGISTRY_AUTH_FILE" => environment.registry_auth_file = Some(value.into()),
                "XDG_RUNTIME_DIR" => environment.xdg_runtime_dir = Some(value.into()),
                "XDG_CONFIG_HOME" => environment.xdg_config_home = Some(value.into()),
                _ => panic!("{name}"),
            }
        }
        environment
    }

    #[test]
    fn places_in_order() {
        const RUN: &str = "/run/containers/7/auth.json";
        let all: &[(&str, &str)] = &[
            ("HOME", "/h"),
            ("DOCKER_CONFIG", "/d"),
            ("DOCKER_AUTH_CONFIG", "{}"),
            ("XDG_RUNTIME_DIR", "/r"),
            ("XDG_CONFIG_HOME", "/c"),
        ];
        let home: &[&str] = &[RUN, "/h/.config/containers/auth.json", "/h/.docker/config.json", "/h/.dockercfg"];
        for (values, given, places, login) in [
            (&[][..], None, &[RUN][..], None),
            (&[("HOME", "")], None, &[RUN], None),
            (&[("HOME", "/h")], None, home, Some("/h/.docker/config.json")),
            (
                &[("HOME", "/h"), ("DOCKER_CONFIG", ""), ("XDG_RUNTIME_DIR", "")],
                None,
                home,
                Some("/h/.docker/config.json"),
            ),
            (&[("DOCKER_CONFIG", "/d")], None, &[RUN, "/d/config.json"], Some("/d/config.json")),
            (
                all,
                None,
                &[
                    "DOCKER_AUTH_CONFIG",
                    "/r/containers/auth.json",
                    "/c/containers/auth.json",
                    "/d/config.json",
                    "/h/.dockercfg",
                ],
                Some("/d/config.json"),
            ),
            (
                &[("HOME", "/h"), ("DOCKER_AUTH_CONFIG", "{}"), ("REGISTRY_AUTH_FILE", "/only")],
                None,
                &["DOCKER_AUTH_CONFIG", "/only"],
                Some("/only"),
            ),
            (&[("HOME", "/h"), ("REGISTRY_AUTH_FILE", "/only")], None, &["/only"], Some("/only")),
            (
                &[("DOCKER_AUTH_CONFIG", "{}"), ("REGISTRY_AUTH_FILE", "/only")],
                Some("/given"),
                &["/given"],
                Some("/given"),
            ),
        ] {
            let environment = environment(values);
            let given = given.map(Path::new);
            let files = environment.files(given, Helpers::default());
            assert_eq!(files.sources().iter().map(Source::to_string).collect::<Vec<_>>(), places, "{values:?}");
            let file = environment.login_file(given).map(|file| file.path);
            assert_eq!(file.as_deref(), login.map(Path::new), "{values:?}");
        }
    }
}
