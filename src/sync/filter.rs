//! Which tags of a repository: globs, regular expressions, version requirements.

use std::fmt;
use std::str::FromStr;

use regex::bytes::{Regex, RegexBuilder};
use semver::{Op, Version, VersionReq};

/// Which tags are taken: those that any of the first patterns matches, or all if there is none, less those that any of the second matches.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// What is wanted.
    pub include: Vec<Pattern>,
    /// What is not.
    pub exclude: Vec<Pattern>,
}

impl Filter {
    /// Says whether a tag is taken.
    pub fn takes(&self, tag: &str) -> bool {
        Self::allows(&self.include, &self.exclude, tag)
    }

    /// Says whether a name is taken by patterns that somebody else keeps.
    pub fn allows(include: &[Pattern], exclude: &[Pattern], name: &str) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        (include.is_empty() || any(include)) && !any(exclude)
    }
}

/// What a tag may look like.
///
/// | written | matches |
/// | --- | --- |
/// | `3.*` | the whole tag; `*` is any text, `?` a character, `[a-c]` and `[!a-c]` one of some; several are separated by commas |
/// | `/^v[0-9]+$/` | a part of the tag, as a regular expression |
/// | `semver:>=1.2,<2` | tags that are versions: an initial `v` is passed over and missing parts are zeros, so that `v1` is 1.0.0 |
///
/// A requirement has comparisons separated by commas or spaces, alternatives separated by `||`, `1.2 - 1.4`, `^1.2`, `~1.2` and `1.x`; a
/// version alone means that very one, and `1.2` any 1.2.x. Pre-releases, as which `1.2.3-alpine` counts, match only where a comparison names a
/// pre-release of the same version, or `-0`, which lets them in for the whole range.
#[derive(Clone, Debug)]
pub struct Pattern(Form);

#[derive(Clone, Debug)]
enum Form {
    Text(Regex),
    Version(Vec<VersionReq>),
}

impl Pattern {
    /// Makes a pattern of a regular expression, which need match only a part of the tag.
    ///
    /// # Errors
    /// When it is not valid.
    pub fn regex(expression: &str) -> Result<Self, PatternError> {
        let regex = RegexBuilder::new(expression).unicode(false).build();
        regex.map(|regex| Self(Form::Text(regex))).map_err(|error| PatternError::new(expression, one_line(&error)))
    }

    /// Makes a pattern of a version requirement.
    ///
    /// # Errors
    /// When it is not valid.
    pub fn semver(requirement: &str) -> Result<Self, PatternError> {
        let alternatives = requirement.split("||").map(|part| parse_requirement(requirement, part));
        Ok(Self(Form::Version(alternatives.collect::<Result<_, _>>()?)))
    }

    /// Says whether a tag matches.
    pub fn matches(&self, tag: &str) -> bool {
        match &self.0 {
            Form::Text(regex) => regex.is_match(tag.as_bytes()),
            Form::Version(requirements) => {
                let version = parse_version(tag);
                version.is_some_and(|version| requirements.iter().any(|wanted| meets(wanted, &version)))
            }
        }
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if let Some(requirement) = text.strip_prefix("semver:") {
            return Self::semver(requirement);
        }
        if let Some(rest) = text.strip_prefix('/') {
            let Some(expression) = rest.strip_suffix('/') else {
                return Err(PatternError::new(text, "a regular expression ends in '/'".into()));
            };
            return Self::regex(expression);
        }
        if text.is_empty() || text.split(',').any(str::is_empty) {
            return Err(PatternError::new(text, "a glob is empty".into()));
        }
        let globs: Vec<String> = text.split(',').map(translate).collect();
        Self::regex(&format!("^(?:{})$", globs.join("|")))
            .map_err(|error| PatternError { pattern: text.into(), ..error })
    }
}

/// Translates a glob to a regular expression.
fn translate(glob: &str) -> String {
    let mut expression = String::new();
    let mut rest = glob;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            // A bracket without its end stands for itself, as in shells.
            '[' => match class_of(rest) {
                Some((class, after)) => {
                    expression.push_str(&class);
                    rest = after;
                }
                None => expression.push_str("\\["),
            },
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression
}

/// Reads what follows an opening bracket: `a-c]`, `!0-9]`.
fn class_of(rest: &str) -> Option<(String, &str)> {
    let (negated, members) = match rest.strip_prefix(['!', '^']) {
        Some(members) => ("^", members),
        None => ("", rest),
    };
    // A closing bracket that comes first is a member.
    let end = members.char_indices().skip(1).find(|(_, letter)| *letter == ']')?.0;
    let escape = |letter: char| if letter == '-' { "-".to_owned() } else { regex::escape(&letter.to_string()) };
    let class: String = members[..end].chars().map(escape).collect();
    Some((format!("[{negated}{class}]"), &members[end + 1..]))
}

/// Says whether a version meets a requirement. `-0` in one of its comparisons lets pre-releases in for the whole range, as
/// Masterminds/semver has it, which skopeo and Helm use.
fn meets(wanted: &VersionReq, version: &Version) -> bool {
    if wanted.matches(version) {
        return true;
    }
    if version.pre.is_empty() || !wanted.comparators.iter().any(|each| each.pre.as_str() == "0") {
        return false;
    }
    let (major, minor, patch) = (version.major, version.minor, version.patch);
    let release = Version::new(major, minor, patch);
    wanted.comparators.iter().all(|each| {
        let is_bound = (each.major, each.minor.unwrap_or(0), each.patch.unwrap_or(0)) == (major, minor, patch);
        match each.op {
            // A pre-release of the upper bound lies below it.
            Op::Less | Op::LessEq if is_bound && each.pre.is_empty() => true,
            _ => each.matches(version) || !is_bound && each.matches(&release),
        }
    })
}

/// Reads a tag as a version: `1.2.3-rc.1`, `v1.2`, `1`.
pub(super) fn parse_version(tag: &str) -> Option<Version> {
    complete(tag.strip_prefix('v').unwrap_or(tag))?.parse().ok()
}

/// Fills in the parts that a version lacks, and takes zeros off their front: 22.04 is 22.4.0.
fn complete(text: &str) -> Option<String> {
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (core, rest) = text.split_at(end);
    let mut parts: Vec<&str> = core.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(is_number) {
        return None;
    }
    parts.resize(3, "0");
    let bare = |part: &&str| {
        let bare = part.trim_start_matches('0');
        if bare.is_empty() { "0".to_owned() } else { bare.to_owned() }
    };
    Some(format!("{}{rest}", parts.iter().map(bare).collect::<Vec<_>>().join(".")))
}

/// Brings a requirement into the form that the semver crate reads: commas between comparisons, `=` before a version that stands alone.
fn parse_requirement(whole: &str, text: &str) -> Result<VersionReq, PatternError> {
    let error = |reason: String| PatternError::new(&format!("semver:{whole}"), reason);
    let text = text.replace(" - ", " <-> ");
    let mut comparisons: Vec<String> = Vec::new();
    let mut operator = "";
    let mut words = text.split([',', ' ']).filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let at = word.find(|letter: char| !"<>=~^!".contains(letter)).unwrap_or(word.len());
        let (sign, version) = word.split_at(at);
        let sign = match (operator, sign) {
            ("", sign) => sign,
            (before, "") => before,
            _ => return Err(error("two operators follow each other".into())),
        };
        if version.is_empty() {
            operator = sign;
            continue;
        }
        operator = "";
        let sign = match sign {
            "" if words.peek() == Some(&"<->") => {
                words.next();
                operator = "<=";
                ">="
            }
            "" => "=",
            "=>" => ">=",
            "=<" => "<=",
            "!=" => return Err(error("there is no '!='; leave tags out with exclude=".into())),
            other => other,
        };
        let version = version.strip_prefix('v').unwrap_or(version);
        // A wildcard takes no operator: `1.x`, `*`.
        let is_wild = version.split('.').any(|part| matches!(part, "*" | "x" | "X"));
        comparisons.push(if is_wild && sign == "=" { version.into() } else { format!("{sign}{version}") });
    }
    if !operator.is_empty() || comparisons.is_empty() {
        return Err(error("a version is missing".into()));
    }
    comparisons.join(",").parse().map_err(|reason: semver::Error| error(reason.to_string()))
}

/// The last line of the regex crate's drawing says what is wrong.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// A pattern that is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

crate::class::classified!(PatternError => Usage);

impl PatternError {
    fn new(pattern: &str, reason: String) -> Self {
        Self { pattern: pattern.into(), reason }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid pattern {:?}: {}", self.pattern, self.reason)
    }
}

impl std::error::Error for PatternError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(pattern: &str, tags: &str) -> String {
        let pattern: Pattern = pattern.parse().expect(pattern);
        tags.split(' ').filter(|tag| pattern.matches(tag)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn patterns() {
        let versions = "latest 1 v1 1.0.0 1.2 v1.2.3 1.2.3-alpine 1.10.0 2.0.0-rc.1 2.0.0 2.1 22.04 1.2.3.4 v";
        let table: &[(&str, &str, &str)] = &[
            ("3.*", "3.1 3. 13.1 3", "3.1 3."),
            ("3.?", "3.1 3.12 3.", "3.1"),
            ("[a-c]x,?[!0-9]", "ax dx b1 bb 1-", "ax dx bb 1-"),
            ("[]]", "] [", "]"),
            ("a[b", "a[b ab", "a[b"),
            ("1.2+x(", "1.2+x( 112x", "1.2+x("),
            ("/^v\\d+$/", "v1 v12 v1.2 1", "v1 v12"),
            ("/rc/", "1-rc1 rc 1", "1-rc1 rc"),
            ("semver:>=1.0.0 <2.0.0", versions, "1 v1 1.0.0 1.2 v1.2.3 1.10.0"),
            ("semver:>=1.0.0,<2.0.0", versions, "1 v1 1.0.0 1.2 v1.2.3 1.10.0"),
            ("semver:>= 1.2, < 2", versions, "1.2 v1.2.3 1.10.0"),
            ("semver:^1.2", versions, "1.2 v1.2.3 1.10.0"),
            ("semver:~1.2", versions, "1.2 v1.2.3"),
            ("semver:1.2", versions, "1.2 v1.2.3"),
            ("semver:1.x", versions, "1 v1 1.0.0 1.2 v1.2.3 1.10.0"),
            ("semver:1.2.3", versions, "v1.2.3"),
            ("semver:v2 || 22", versions, "2.0.0 2.1 22.04"),
            ("semver:1.2 - 2.0", versions, "1.2 v1.2.3 1.10.0 2.0.0"),
            ("semver:>=2.0.0-0", versions, "2.0.0-rc.1 2.0.0 2.1 22.04"),
            ("semver:>=1.0.0-0, <4", "4.0.0-alpha 4.0.0 3.9 4.1.0-rc1 4.0.0-0", "4.0.0-alpha 3.9 4.0.0-0"),
            ("semver:>=1.0.0-0, <=4.0.0", "4.0.0-alpha 4.0.0 4.0.1-rc1", "4.0.0-alpha 4.0.0"),
            ("semver:>=1.0.0-0, <4.0.0-0", "4.0.0-alpha 4.0.0 3.9", "3.9"),
            ("semver:>4.0.0-0", "4.0.0-alpha 4.0.0 5.0.0-rc1", "4.0.0-alpha 4.0.0 5.0.0-rc1"),
            ("semver:*", versions, "1 v1 1.0.0 1.2 v1.2.3 1.10.0 2.0.0 2.1 22.04"),
        ];
        for (pattern, tags, wanted) in table {
            assert_eq!(picks(pattern, tags), *wanted, "{pattern}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (pattern, reason) in [
            ("", "invalid pattern \"\": a glob is empty"),
            ("a,,b", "invalid pattern \"a,,b\": a glob is empty"),
            ("/a", "invalid pattern \"/a\": a regular expression ends in '/'"),
            ("/(/", "invalid pattern \"(\": unclosed group"),
            ("semver:", "invalid pattern \"semver:\": a version is missing"),
            ("semver:>=", "invalid pattern \"semver:>=\": a version is missing"),
            ("semver:!=1", "invalid pattern \"semver:!=1\": there is no '!='; leave tags out with exclude="),
            ("semver:> >= 1", "invalid pattern \"semver:> >= 1\": two operators follow each other"),
        ] {
            assert_eq!(pattern.parse::<Pattern>().expect_err(pattern).to_string(), reason);
        }
        assert!("semver:one".parse::<Pattern>().is_err());
    }

    #[test]
    fn exclusion_wins() {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("a pattern")).collect();
        let filter = Filter { include: parse(&["3.*", "latest"]), exclude: parse(&["*rc*"]) };
        let taken: Vec<&str> = ["3.1", "3.1rc1", "latest", "2"].into_iter().filter(|tag| filter.takes(tag)).collect();
        assert_eq!(taken, ["3.1", "latest"]);
        assert!(Filter::default().takes("anything"));
    }
}
