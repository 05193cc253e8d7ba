//! The names one registry has in credentials files.

use crate::reference::HUB;

/// The name under which docker stores the login of Docker Hub, in files and helpers.
const HUB_SERVER: &str = "https://index.docker.io/v1/";
/// The names of Docker Hub, best first.
const HUB_NAMES: [&str; 3] = [HUB, "index.docker.io", "registry-1.docker.io"];

/// Returns every name of the registry at `host`, best first.
pub(super) fn names(host: &str) -> Vec<&str> {
    if is_hub(host) { HUB_NAMES.to_vec() } else { vec![host] }
}

/// Returns the name that docker and the helpers use for a host.
pub(super) fn server(host: &str) -> &str {
    if is_hub(host) { HUB_SERVER } else { host }
}

/// Returns the keys that may hold the login of a repository, longest path first.
pub(super) fn keys(host: &str, repository: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut path = repository;
    while !path.is_empty() {
        keys.extend(names(host).iter().map(|name| format!("{name}/{path}")));
        path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    keys.extend(names(host).iter().map(|&name| name.to_owned()));
    keys
}

/// Says whether a key, in any of the spellings tools have used, means the whole registry at `host`.
pub(super) fn is_key_of(key: &str, host: &str, legacy: bool) -> bool {
    let key = host_of(key, legacy);
    names(host).iter().any(|name| name.eq_ignore_ascii_case(key))
}

/// Drops scheme and path of a key. A path without a scheme is a namespace and stays, except in the legacy format
/// and for the paths of the registry protocols.
fn host_of(key: &str, legacy: bool) -> &str {
    let bare = key.strip_prefix("http://").or_else(|| key.strip_prefix("https://")).unwrap_or(key);
    let Some((host, path)) = bare.split_once('/') else {
        return bare;
    };
    if legacy || bare.len() < key.len() || matches!(path, "" | "v1/" | "v2/") { host } else { bare }
}

/// Says whether a name is that of a part of a registry, `host/path`.
pub(super) fn is_namespace(name: &str) -> bool {
    name.contains('/') && !is_hub(name)
}

fn is_hub(host: &str) -> bool {
    HUB_NAMES.contains(&host) || host == HUB_SERVER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_from_long_to_short() {
        assert_eq!(keys("h:1", "a/b"), ["h:1/a/b", "h:1/a", "h:1"]);
        assert_eq!(keys("h", ""), ["h"]);
        assert_eq!(
            keys("registry-1.docker.io", "library"),
            [
                "docker.io/library",
                "index.docker.io/library",
                "registry-1.docker.io/library",
                "docker.io",
                "index.docker.io",
                "registry-1.docker.io"
            ]
        );
    }

    #[test]
    fn spellings_of_a_host() {
        for (key, host, legacy, expected) in [
            ("h:1", "h:1", false, true),
            ("http://h:1", "h:1", false, true),
            ("https://h:1/v1/", "h:1", false, true),
            ("https://h:1/any/path", "h:1", false, true),
            ("h:1/", "h:1", false, true),
            ("h:1/v2/", "h:1", false, true),
            ("H.Example", "h.example", false, true),
            ("h:1/team", "h:1", false, false),
            ("h:1/team", "h:1", true, true),
            ("h:1", "h:2", false, false),
            ("h:1.evil.example", "h:1", false, false),
            ("https://index.docker.io/v1/", "docker.io", false, true),
            ("https://index.docker.io/v1/", "registry-1.docker.io", false, true),
            ("docker.io", "index.docker.io", false, true),
            ("docker.io/library", "docker.io", false, false),
        ] {
            assert_eq!(is_key_of(key, host, legacy), expected, "{key} for {host}");
        }
    }
}
