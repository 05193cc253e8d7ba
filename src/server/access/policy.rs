//! Who may do what where: the rules, and the file that holds them.
//!
//! ```toml
//! [[rule]]
//! who = ["anonymous"]
//! may = ["pull"]
//! repositories = ["public/**"]
//!
//! [[rule]]
//! who = ["alice", "bob"]
//! may = ["pull", "push", "delete"]
//! repositories = ["team/**", "scratch"]
//! ```
//!
//! Rules only grant: what no rule grants is denied, any rule that fits is enough, and their order means nothing.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::watched::Wrong;
use super::{Action, Wish};
use crate::filesystem::Glob;

/// The rules of a registry.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    who: Vec<Who>,
    may: Vec<Action>,
    repositories: Vec<Glob>,
}

/// Whom a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    /// Everyone, logged in or not: who logs in loses nothing by it.
    Anonymous,
    /// Everyone who is logged in.
    Anyone,
    /// A user.
    Named(String),
}

/// The actions that a rule can grant, and their names.
const ACTIONS: [(&str, Action); 4] =
    [("pull", Action::Pull), ("push", Action::Push), ("delete", Action::Delete), ("catalog", Action::Catalog)];

impl Policy {
    /// Returns the rules without a file: everyone may pull; who is logged in, or everyone if `anonymous_push`, may push and delete.
    pub(super) fn plain(anonymous_push: bool) -> Self {
        let everywhere = || vec![Glob::new(b"**")];
        let pull =
            Rule { who: vec![Who::Anonymous], may: vec![Action::Pull, Action::Catalog], repositories: everywhere() };
        let writer = if anonymous_push { Who::Anonymous } else { Who::Anyone };
        let push = Rule { who: vec![writer], may: vec![Action::Push, Action::Delete], repositories: everywhere() };
        Self { rules: vec![pull, push] }
    }

    /// Reads the text of a file.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let document: Document = toml::from_str(text)
            .map_err(|error| Wrong::new(error.span().map_or(0, |Range { start, .. }| start), error.message()))?;
        // What a file is that was cut off, or is being written.
        if document.rule.is_empty() {
            return Err(Wrong::new(0, "there is no rule, so that nobody may do anything; a rule begins with [[rule]]"));
        }
        Ok(Self { rules: document.rule.into_iter().map(Rule::of).collect::<Result<_, _>>()? })
    }

    /// Returns the users that rules name, each once, sorted.
    pub(super) fn users(&self) -> BTreeSet<&str> {
        let each = self.rules.iter().flat_map(|rule| &rule.who);
        each.filter_map(|who| match who {
            Who::Named(name) => Some(name.as_str()),
            Who::Anonymous | Who::Anyone => None,
        })
        .collect()
    }

    /// Says of each whom a rule lets push, and no rule pull, that this is so: clients ask for what is there before they push.
    pub(super) fn push_without_pull(&self) -> Vec<String> {
        let may = |action| move |rule: &&Rule| rule.may.contains(&action);
        let can_pull = |who: &Who| {
            let covers = |other: &Who| {
                other == who || *other == Who::Anonymous || *other == Who::Anyone && *who != Who::Anonymous
            };
            self.rules.iter().filter(may(Action::Pull)).any(|rule| rule.who.iter().any(covers))
        };
        let pushers = self.rules.iter().filter(may(Action::Push)).flat_map(|rule| &rule.who);
        let lacking = pushers.filter(|who| !can_pull(who)).map(|who| match who {
            Who::Anonymous => "anonymous",
            Who::Anyone => "*",
            Who::Named(name) => name,
        });
        let lacking: BTreeSet<&str> = lacking.collect();
        let tell =
            |who| format!("the policy lets {who:?} push and not pull, which clients do before they push; add \"pull\"");
        lacking.into_iter().map(tell).collect()
    }

    /// Says whether a user, or nobody in particular, may do what is wished.
    pub(super) fn allows(&self, user: Option<&str>, wish: &Wish<'_>) -> bool {
        wish.action == Action::Ping || self.rules.iter().any(|rule| rule.grants(user, wish))
    }

    /// Says whether anybody may push who is not logged in.
    pub(super) fn has_anonymous_push(&self) -> bool {
        self.rules.iter().any(|rule| rule.who.contains(&Who::Anonymous) && rule.may.contains(&Action::Push))
    }
}

impl Rule {
    fn grants(&self, user: Option<&str>, wish: &Wish<'_>) -> bool {
        let is_for = |who: &Who| match who {
            Who::Anonymous => true,
            Who::Anyone => user.is_some(),
            Who::Named(name) => user == Some(name),
        };
        let is_here = match (wish.action, wish.repository) {
            (Action::Catalog, _) => true,
            (_, Some(repository)) => self.repositories.iter().any(|glob| glob.matches(repository.as_bytes())),
            (_, None) => false,
        };
        self.may.contains(&wish.action) && is_here && self.who.iter().any(is_for)
    }

    fn of(written: Spanned<WrittenRule>) -> Result<Self, Wrong> {
        let at = written.span().start;
        let WrittenRule { who, may, repositories } = written.into_inner();
        let may: Vec<Action> = may.iter().map(action).collect::<Result<_, _>>()?;
        if who.is_empty() || may.is_empty() {
            return Err(Wrong::new(at, "a rule says who may do what; an empty list grants nothing"));
        }
        if repositories.is_empty() && may.iter().any(|action| *action != Action::Catalog) {
            return Err(Wrong::new(at, "a rule names repositories; \"**\" is all of them"));
        }
        let who = who.into_iter().map(self::who).collect::<Result<_, _>>()?;
        Ok(Self { who, may, repositories: repositories.into_iter().map(glob).collect::<Result<_, _>>()? })
    }
}

fn who(text: Spanned<String>) -> Result<Who, Wrong> {
    let at = text.span().start;
    match text.into_inner().as_str() {
        "anonymous" => Ok(Who::Anonymous),
        "*" => Ok(Who::Anyone),
        "" => Err(Wrong::new(at, "nobody has an empty name; those who are not logged in are \"anonymous\"")),
        name if name.contains('*') => {
            Err(Wrong::new(at, format!("{name:?} is no user; \"*\" alone is everyone who is logged in")))
        }
        name => Ok(Who::Named(name.to_owned())),
    }
}

fn action(text: &Spanned<String>) -> Result<Action, Wrong> {
    let found = ACTIONS.iter().find(|(name, _)| *name == text.get_ref());
    found.map(|(_, action)| *action).ok_or_else(|| {
        Wrong::new(text.span().start, format!("{:?} is none of pull, push, delete, catalog", text.get_ref()))
    })
}

/// Says whether a pattern has an exclamation mark or a caret that negates nothing, or a set that no character is in: a range whose end comes
/// before its begin.
fn has_empty_set(pattern: &[u8]) -> bool {
    let mut at = 0;
    while at < pattern.len() {
        match pattern[at] {
            b'!' | b'^' | b']' => return true,
            b'[' => {
                let begin = at + 1 + usize::from(matches!(pattern.get(at + 1), Some(b'!' | b'^')));
                // A bracket that comes first is one of the set.
                let end = pattern.iter().skip(begin + 1).position(|byte| *byte == b']').map(|found| begin + 1 + found);
                let Some(end) = end else {
                    return true;
                };
                if pattern[begin..end].windows(3).any(|range| range[1] == b'-' && range[2] < range[0]) {
                    return true;
                }
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    false
}

fn glob(text: Spanned<String>) -> Result<Glob, Wrong> {
    let at = text.span().start;
    let text = text.into_inner();
    // What cannot be part of a repository's name matches nothing, and whoever wrote it believes that it does.
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/*?[]!^".contains(&byte);
    let is_odd = text.is_empty() || text.starts_with('/') || text.ends_with('/') || !text.bytes().all(fits);
    if is_odd || has_empty_set(text.as_bytes()) {
        return Err(Wrong::new(
            at,
            format!("{text:?} matches no repository; names are as in team/app, without host and tag"),
        ));
    }
    Ok(Glob::new(text.as_bytes()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    rule: Vec<Spanned<WrittenRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    who: Vec<Spanned<String>>,
    may: Vec<Spanned<String>>,
    #[serde(default)]
    repositories: Vec<Spanned<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(action: Action, repository: &str) -> Wish<'_> {
        Wish { action, repository: Some(repository).filter(|name| !name.is_empty()) }
    }

    #[test]
    fn rules_grant_and_nothing_else_does() {
        let text = r#"
[[rule]]
who = ["anonymous"]
may = ["pull"]
repositories = ["public/**"]

[[rule]]
who = ["alice", "bob"]
may = ["pull", "push"]
repositories = ["team/*", "scratch"]

[[rule]]
who = ["*"]
may = ["catalog"]
"#;
        let policy = Policy::parse(text).expect("parses");
        use Action::{Catalog, Delete, Ping, Pull, Push};
        let table = [
            (None, Pull, "public/app", true),
            (None, Pull, "public/a/b/c", true),
            (None, Pull, "public", false),
            (None, Pull, "publicity/x", false),
            (None, Push, "public/app", false),
            (Some("carol"), Pull, "public/app", true),
            (Some("carol"), Pull, "team/app", false),
            (Some("alice"), Push, "team/app", true),
            (Some("alice"), Push, "team/app/deep", false),
            (Some("bob"), Pull, "scratch", true),
            (Some("bob"), Delete, "scratch", false),
            (Some("bo"), Pull, "scratch", false),
            (Some("anonymous"), Pull, "scratch", false),
            (None, Catalog, "", false),
            (Some("carol"), Catalog, "", true),
            (Some("alice"), Pull, "", false),
            (None, Ping, "", true),
        ];
        for (user, action, repository, expected) in table {
            assert_eq!(policy.allows(user, &wish(action, repository)), expected, "{user:?} {action:?} {repository}");
        }
    }

    #[test]
    fn without_a_file_everyone_reads_and_users_write() {
        for (anonymous_push, user, write) in
            [(false, None, false), (false, Some("alice"), true), (true, None, true), (true, Some("alice"), true)]
        {
            let policy = Policy::plain(anonymous_push);
            for (action, expected) in
                [(Action::Pull, true), (Action::Catalog, true), (Action::Push, write), (Action::Delete, write)]
            {
                assert_eq!(policy.allows(user, &wish(action, "a/b")), expected, "{anonymous_push} {user:?} {action:?}");
            }
            assert_eq!(policy.has_anonymous_push(), anonymous_push);
        }
    }

    #[test]
    fn who_pushes_must_pull() {
        let policy = |rules: &[(&str, &str)]| {
            let rule = |(who, may): &(&str, &str)| {
                format!("[[rule]]\nwho = [{who:?}]\nmay = [{may:?}]\nrepositories = [\"a/[!b-d]*\"]\n")
            };
            Policy::parse(&rules.iter().map(rule).collect::<String>()).expect("parses")
        };
        for (rules, told) in [
            (&[("alice", "push")][..], 1),
            (&[("alice", "push"), ("alice", "pull")], 0),
            (&[("alice", "push"), ("*", "pull")], 0),
            (&[("alice", "push"), ("anonymous", "pull")], 0),
            (&[("alice", "push"), ("bob", "pull")], 1),
            (&[("anonymous", "push"), ("*", "pull")], 1),
            (&[("*", "push"), ("*", "push")], 1),
            (&[("bob", "pull")], 0),
        ] {
            assert_eq!(policy(rules).push_without_pull().len(), told, "{rules:?}");
        }
        assert_eq!(
            policy(&[("b", "pull"), ("a", "push"), ("*", "pull"), ("b", "push")]).users(),
            BTreeSet::from(["a", "b"])
        );
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        let rule = |who: &str, may: &str, repositories: &str| {
            format!("[[rule]]\nwho = {who}\nmay = {may}\nrepositories = {repositories}\n")
        };
        let table = [
            (
                rule("[\"a\"]", "[\"pull\", \"write\"]", "[\"**\"]"),
                "\"write\"",
                "is none of pull, push, delete, catalog",
            ),
            (rule("[\"a*\"]", "[\"pull\"]", "[\"**\"]"), "\"a*\"", "\"*\" alone is everyone"),
            (rule("[\"\"]", "[\"pull\"]", "[\"**\"]"), "\"\"", "nobody has an empty name"),
            (rule("[]", "[\"pull\"]", "[\"**\"]"), "[[rule]]", "an empty list grants nothing"),
            (rule("[\"a\"]", "[\"pull\"]", "[]"), "[[rule]]", "a rule names repositories"),
            (rule("[\"a\"]", "[\"pull\"]", "[\"Team/x\"]"), "\"Team/x\"", "matches no repository"),
            (rule("[\"a\"]", "[\"pull\"]", "[\"x:v1\"]"), "\"x:v1\"", "matches no repository"),
            (rule("[\"a\"]", "[\"pull\"]", "[\"**\"]") + "deny = true\n", "deny", "unknown field"),
            (rule("[\"a\"]", "[\"pull\"]", "[\"!a/**\"]"), "\"!a/**\"", "matches no repository"),
            (rule("[\"a\"]", "[\"pull\"]", "[\"a/[z-a]\"]"), "\"a/[z-a]\"", "matches no repository"),
            (rule("[\"a\"]", "[\"pull\"]", "[\"a/[b\"]"), "\"a/[b\"", "matches no repository"),
            (rule("[\"a\"]", "[\"pull\"]", "[\"a/b]\"]"), "\"a/b]\"", "matches no repository"),
            (String::new(), "", "there is no rule"),
            ("[[rules]]\n".into(), "rules", "unknown field"),
            ("who = [".into(), "", ""),
        ];
        for (text, place, reason) in table {
            let wrong = Policy::parse(&text).expect_err(&text);
            assert!(text[wrong.at..].starts_with(place), "{place}: {wrong:?}");
            assert!(wrong.reason.contains(reason) && !wrong.reason.contains('\n'), "{reason}: {wrong:?}");
        }
    }
}
