//! Rules about registries in the words of `registries.conf`: mirrors, other locations, hosts that are insecure or blocked.
//!
//! containers-registries.conf(5), version 2: <https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md>. What
//! short names mean is not read: a name without a host is Docker Hub's everywhere.

use std::fmt;

use serde::Deserialize;

use crate::reference::Repository;

/// A rule about a registry, or about a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What names it is about: `HOST[:PORT][/PATH…]`, or `*.DOMAIN`.
    pub prefix: String,
    /// What is asked in the prefix's stead; empty for the prefix itself.
    pub location: String,
    /// Whether plain http and any certificate will do at the location.
    pub insecure: bool,
    /// Whether it must not be used at all.
    pub blocked: bool,
    /// Where to look first, in this order.
    pub mirrors: Vec<Mirror>,
    /// The file that says so.
    pub place: String,
}

/// A mirror; only for reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    /// What is asked in the prefix's stead.
    pub location: String,
    /// Whether plain http and any certificate will do there.
    pub insecure: bool,
    /// What it is asked for.
    pub pull: Pull,
}

/// What a mirror is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Pull {
    /// Everything.
    #[default]
    #[serde(rename = "all", alias = "")]
    All,
    /// What is named by digest, which it cannot forge.
    #[serde(rename = "digest-only")]
    Digest,
    /// What is named by tag.
    #[serde(rename = "tag-only")]
    Tag,
}

/// Text that is no set of rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}:{line}:{column}: {reason}")]
pub struct Invalid {
    /// The file.
    pub place: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

crate::class::classified!(Invalid => Failed);

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    registry: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Table {
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    blocked: bool,
    #[serde(default)]
    mirror_by_digest_only: bool,
    #[serde(default)]
    mirror: Vec<MirrorTable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct MirrorTable {
    location: String,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    pull_from_mirror: Pull,
}

impl Rule {
    /// Reads the rules of a file, `place` in messages.
    ///
    /// # Errors
    /// With line and column, when the text is no TOML or a rule is about nothing.
    pub fn parse(text: &str, place: &str) -> Result<Vec<Self>, Invalid> {
        let invalid = |at: usize, reason: String| {
            let before = text.get(..at).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            Invalid { place: place.into(), line, column, reason }
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            invalid(at, error.message().replace('\n', " "))
        })?;
        let rules = file.registry.into_iter().map(|table| table.rule(place));
        rules.map(|rule| rule.map_err(|reason| invalid(0, reason))).collect()
    }

    /// Finds the rule about a repository: the one with the longest prefix, of equal ones the last.
    pub fn find<'a>(rules: &'a [Self], repository: &Repository) -> Option<&'a Self> {
        Self::find_by_name(rules, &name(repository))
    }

    pub(super) fn find_by_name<'a>(rules: &'a [Self], name: &str) -> Option<&'a Self> {
        let matching = rules.iter().filter(|rule| matched(&rule.prefix, name).is_some());
        matching.max_by_key(|rule| rule.prefix.len())
    }

    /// Returns where a repository is, by this rule; nothing when that makes no name.
    pub(super) fn locate(&self, repository: &Repository) -> Option<Repository> {
        if self.location.is_empty() { Some(repository.clone()) } else { self.moved(&self.location, repository) }
    }

    /// Returns where a mirror has a repository; nothing when that makes no name.
    pub(super) fn moved(&self, location: &str, repository: &Repository) -> Option<Repository> {
        self.rename(location, &name(repository)).parse().ok()
    }

    /// Puts a location in the prefix's stead.
    pub(super) fn rename(&self, location: &str, name: &str) -> String {
        let rest = matched(&self.prefix, name).map_or("", |end| &name[end..]);
        format!("{location}{rest}")
    }

    /// Returns the hosts at which plain http and any certificate will do.
    pub(super) fn insecure_hosts(&self) -> impl Iterator<Item = &str> {
        let location = if self.location.is_empty() { &self.prefix } else { &self.location };
        let own = Some(location.as_str()).filter(|_| self.insecure);
        let mirrors = self.mirrors.iter().filter(|mirror| mirror.insecure).map(|mirror| mirror.location.as_str());
        own.into_iter().chain(mirrors).map(|location| location.split('/').next().unwrap_or(location))
    }
}

impl Table {
    fn rule(self, place: &str) -> Result<Rule, String> {
        let location = trimmed(&self.location);
        let prefix = if self.prefix.is_empty() { location.clone() } else { trimmed(&self.prefix) };
        if prefix.is_empty() {
            return Err("a [[registry]] has neither prefix nor location".into());
        }
        let mirror = |mirror: MirrorTable| {
            let pull = if self.mirror_by_digest_only { Pull::Digest } else { mirror.pull_from_mirror };
            let location = trimmed(&mirror.location);
            if location.is_empty() {
                Err(format!("a mirror of {prefix} has no location"))
            } else {
                Ok(Mirror { location, insecure: mirror.insecure, pull })
            }
        };
        let mirrors = self.mirror.into_iter().map(mirror).collect::<Result<_, _>>()?;
        let (insecure, blocked) = (self.insecure, self.blocked);
        Ok(Rule { prefix, location, insecure, blocked, mirrors, place: place.into() })
    }
}

impl fmt::Display for Mirror {
    /// Names the location.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location)
    }
}

fn name(repository: &Repository) -> String {
    format!("{}/{}", repository.host(), repository.path())
}

fn trimmed(text: &str) -> String {
    text.trim().trim_end_matches('/').to_owned()
}

/// Returns how much of a name a prefix stands for. Only whole components count; a wildcard stands for one or more labels of the host.
fn matched(prefix: &str, name: &str) -> Option<usize> {
    let is_end = |at: usize| matches!(name.as_bytes().get(at), None | Some(b'/'));
    if let Some(domain) = prefix.strip_prefix('*') {
        let host = name.split('/').next().unwrap_or(name);
        return (host.len() > domain.len() && host.ends_with(domain)).then_some(host.len());
    }
    (name.starts_with(prefix) && is_end(prefix.len())).then_some(prefix.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
[[registry.mirror]]
location = "mirror.example:5000/hub"
insecure = true
[[registry.mirror]]
location = "second.example/"
pull-from-mirror = "digest-only"
[[registry]]
location = "docker.io/secret"
blocked = true
[[registry]]
prefix = "*.corp.example"
location = "vault.example/corp"
insecure = true
[aliases]
x = "y"
"#;

    fn repository(name: &str) -> Repository {
        name.parse().expect("a repository")
    }

    #[test]
    fn the_longest_prefix_wins() {
        let rules = Rule::parse(TEXT, "f").expect("parses");
        for (name, prefix) in [
            ("alpine", Some("docker.io")),
            ("docker.io/secret/a", Some("docker.io/secret")),
            ("docker.io/secrets/a", Some("docker.io")),
            ("a.b.corp.example/x", Some("*.corp.example")),
            ("corp.example/x", None),
            ("other.example/x", None),
        ] {
            assert_eq!(Rule::find(&rules, &repository(name)).map(|rule| rule.prefix.as_str()), prefix, "{name}");
        }
        let hosts: Vec<_> = rules.iter().flat_map(Rule::insecure_hosts).collect();
        assert_eq!(hosts, ["mirror.example:5000", "vault.example"]);
        assert!(rules[1].blocked);
        assert_eq!(rules[0].mirrors[1].pull, Pull::Digest);
    }

    #[test]
    fn names_move() {
        let rules = Rule::parse(TEXT, "f").expect("parses");
        let alpine = repository("alpine");
        let text = |found: Option<Repository>| found.expect("a name").to_string();
        assert_eq!(text(rules[0].locate(&alpine)), "docker.io/library/alpine");
        assert_eq!(
            text(rules[0].moved(&rules[0].mirrors[0].location, &alpine)),
            "mirror.example:5000/hub/library/alpine"
        );
        assert_eq!(text(rules[2].locate(&repository("a.corp.example/x/y"))), "vault.example/corp/x/y");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, message) in [
            ("[[registry]]\nprefix = 3\n", "f:2:10: invalid type: integer `3`, expected a string"),
            ("a = \n", "f:1:5: string values must be quoted"),
            ("[[registry]]\ninsecure = true", "f:1:1: a [[registry]] has neither prefix nor location"),
        ] {
            let error = Rule::parse(text, "f").expect_err(text).to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
