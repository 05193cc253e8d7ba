//! What a token allows: `repository:library/alpine:pull,push`.
//!
//! <https://distribution.github.io/distribution/spec/auth/scope/>.

use std::collections::BTreeSet;
use std::fmt;

/// A resource and what may be done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// `repository:NAME`, or whatever else a registry guards.
    resource: String,
    actions: BTreeSet<String>,
}

impl Scope {
    /// Makes a repository's scope.
    pub(super) fn repository(path: &str, access: Access) -> Self {
        let actions = match access {
            Access::Pull => &["pull"][..],
            Access::Push => &["pull", "push"],
            // `delete` alone is not known to quay; distribution and quay know `*`.
            Access::Delete => &["*"],
        };
        Self { resource: format!("repository:{path}"), actions: actions.iter().map(|&each| each.into()).collect() }
    }

    /// Reads the scopes of a challenge, which stand between blanks.
    pub(super) fn parse_all(text: &str) -> Vec<Self> {
        text.split_whitespace()
            .filter_map(|scope| {
                let (resource, actions) = scope.rsplit_once(':')?;
                Some(Self { resource: resource.into(), actions: actions.split(',').map(Into::into).collect() })
            })
            .collect()
    }

    /// Returns the repository, if this is a repository's scope.
    pub(super) fn path(&self) -> Option<&str> {
        self.resource.strip_prefix("repository:")
    }

    /// Says whether both are about the same thing.
    pub(super) fn is_about(&self, other: &Self) -> bool {
        self.resource == other.resource
    }

    fn covers(&self, other: &Self) -> bool {
        self.resource == other.resource && (self.actions.contains("*") || self.actions.is_superset(&other.actions))
    }

    fn is_writing(&self) -> bool {
        self.actions.iter().any(|action| action != "pull")
    }
}

/// What someone wants to do with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Access {
    Pull,
    Push,
    Delete,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions: Vec<_> = self.actions.iter().map(String::as_str).collect();
        write!(f, "{}:{}", self.resource, actions.join(","))
    }
}

/// Says whether what was granted is enough.
pub(super) fn cover(granted: &[Scope], needed: &[Scope]) -> bool {
    needed.iter().all(|needed| granted.iter().any(|granted| granted.covers(needed)))
}

/// Joins scopes, one for each resource; those that write come first, for some registries read only the first.
pub(super) fn merge(scopes: impl IntoIterator<Item = Scope>) -> Vec<Scope> {
    let mut merged: Vec<Scope> = Vec::new();
    for scope in scopes {
        match merged.iter_mut().find(|each| each.resource == scope.resource) {
            Some(same) if same.actions.contains("*") => {}
            Some(same) if scope.actions.contains("*") => *same = scope,
            Some(same) => same.actions.extend(scope.actions),
            None => merged.push(scope),
        }
    }
    merged.sort_by_key(|scope| !scope.is_writing());
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(scopes: &[Scope]) -> String {
        scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn merging() {
        for (scopes, wanted) in [
            ("repository:a:pull repository:b:pull,push", "repository:b:pull,push repository:a:pull"),
            ("repository:a:pull repository:a:push", "repository:a:pull,push"),
            ("repository:a:* repository:a:push", "repository:a:*"),
            ("repository:a:push repository:a:*", "repository:a:*"),
            ("registry:catalog:* repository:h:5/x:pull bad", "registry:catalog:* repository:h:5/x:pull"),
        ] {
            assert_eq!(show(&merge(Scope::parse_all(scopes))), wanted);
        }
    }

    #[test]
    fn covering() {
        for (granted, needed, wanted) in [
            ("repository:a:pull,push repository:b:pull", "repository:b:pull repository:a:push", true),
            ("repository:a:pull", "repository:a:pull,push", false),
            ("repository:a:*", "repository:a:pull,push", true),
            ("repository:a:pull", "repository:b:pull", false),
            ("", "", true),
        ] {
            assert_eq!(cover(&Scope::parse_all(granted), &Scope::parse_all(needed)), wanted, "{granted} {needed}");
        }
    }
}
