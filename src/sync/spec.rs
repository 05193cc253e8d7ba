//! The lines of our own format: `SOURCE DESTINATION [OPTION…]  # comment`.
//!
//! A source with a tag or digest is one image. A source that ends in `:*` or `/*`, or that has no tag and is followed by `tags=` or
//! `exclude=`, is every tag of a repository; its destination is a repository too.

use std::path::{Path, PathBuf};

use super::filter::{Filter, Pattern};
use super::plan::{Access, Images, Line, ParseError, Plan, Target};
use super::series::{Series, SeriesError};
use super::tree::{self, Refused};
use crate::copy::Platforms;
use crate::error_chain::with_causes;
use crate::platform::Platform;
use crate::transport::{ArchivePath, Location, Place};

const OPTIONS: &str = "all=, platform=, tags=, exclude=, referrers= or creds-from=";

impl Plan {
    /// Parses lines of `SOURCE DESTINATION [OPTION…]`, with comments after `#`.
    ///
    /// | option | means |
    /// | --- | --- |
    /// | `all=false` | only the image for [`Platform::host`] |
    /// | `platform=linux/amd64,linux/arm64` | only these: one is the image itself, several an index of their own |
    /// | `tags=…`, `exclude=…` | which tags of a repository, see [`Pattern`]; more than one of each may stand |
    /// | `referrers=true` | signatures, attestations and the like go along |
    /// | `creds-from=FILE` | credentials are looked for in this file only |
    ///
    /// # Errors
    /// The first thing that is wrong, and where it stands.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse(text, None)
    }

    /// Parses the same lines for the tree of a [`Place::Static`] at `root`: a destination is a name there, `REPOSITORY[:TAG]`. It may also be
    /// `static:ROOT:REPOSITORY[:TAG]`, or `docker://HOST/REPOSITORY[:TAG]`, whose host is left out, so that one file serves a mirror and a
    /// tree. An image keeps its own tag unless its destination has one.
    ///
    /// # Errors
    /// The first thing that is wrong, and where it stands.
    pub fn parse_for_tree(text: &str, root: &Path) -> Result<Self, ParseError> {
        parse(text, Some(root))
    }
}

fn parse(text: &str, tree: Option<&Path>) -> Result<Plan, ParseError> {
    let mut plan = Plan::default();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        plan.lines.extend(parse_line(number, line, tree)?);
    }
    Ok(plan)
}

/// A word of a line.
#[derive(Clone, Copy)]
struct Word<'a> {
    line: usize,
    column: usize,
    text: &'a str,
}

impl Word<'_> {
    fn error(self, reason: impl Into<String>) -> ParseError {
        ParseError { line: self.line, column: self.column, reason: reason.into(), hint: None }
    }

    fn hint(self, reason: impl Into<String>, hint: impl Into<String>) -> ParseError {
        ParseError { hint: Some(hint.into()), ..self.error(reason) }
    }
}

fn parse_line(number: usize, line: &str, tree: Option<&Path>) -> Result<Option<Line>, ParseError> {
    let words = split(number, line);
    let (source, destination, rest) = match words.as_slice() {
        [] => return Ok(None),
        [source] => {
            let hint = "write SOURCE DESTINATION, separated by a space";
            return Err(source.hint(format!("the destination of {} is missing", source.text), hint));
        }
        [source, destination, rest @ ..] => (*source, *destination, rest),
    };
    if let Some((key, _)) = destination.text.split_once('=')
        && OPTIONS.contains(&format!("{key}="))
    {
        return Err(destination.hint("an option stands where the destination should", "write SOURCE DESTINATION first"));
    }
    let options = Words::read(rest)?;
    let (source, target) = images(source, destination, &options, tree)?;
    let access = Access { authfile: options.creds_from, ..Access::default() };
    Ok(Some(Line {
        number,
        source,
        target,
        platforms: options.platforms.unwrap_or(Platforms::All),
        referrers: options.referrers.unwrap_or(false),
        source_access: access.clone(),
        destination_access: access,
    }))
}

/// Splits a line at white space, up to a word that starts with `#`.
fn split(line: usize, text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with('#') {
            return words;
        }
        let column = text[..text.len() - rest.len()].chars().count() + 1;
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        words.push(Word { line, column, text: &rest[..end] });
        rest = &rest[end..];
    }
}

/// Finds out whether one image is meant or a whole repository.
fn images(
    source: Word<'_>,
    destination: Word<'_>,
    options: &Words,
    tree: Option<&Path>,
) -> Result<(Images, Target), ParseError> {
    let text = source.text;
    let starred = text.strip_suffix(":*").or_else(|| text.strip_suffix("/*"));
    let filter = options.filter.clone();
    if starred.is_none() && filter.is_none() {
        let from = one(source)?;
        if destination.text.ends_with(":*") || destination.text.ends_with("/*") {
            let hint = format!("write {text}:* for every tag, or name the image at the destination");
            return Err(destination.hint("the destination takes every tag, and the source is one image", hint));
        }
        let to = match tree {
            Some(root) => tree::one(destination.text, root, &from).map_err(|error| refused(destination, &error))?,
            None => Target::One(one(destination)?),
        };
        return Ok((Images::One(from), to));
    }
    let series = Series::parse(starred.unwrap_or(text)).map_err(|error| series_error(source, &error))?;
    if let Place::Dir(_) = series.place {
        return Err(source.hint("a dir: holds one image without a tag", "write a line for each image"));
    }
    if let Some(root) = tree {
        let to = tree::every(destination.text, root).map_err(|error| refused(destination, &error))?;
        return Ok((Images::Every { series, filter: filter.unwrap_or_default() }, to));
    }
    let to = destination.text;
    let to = to.strip_suffix(":*").or_else(|| to.strip_suffix("/*")).unwrap_or(to);
    let target = Series::parse(to).map_err(|error| series_error(destination, &error))?;
    if matches!(target.place, Place::DockerArchive(_)) && target.prefix.is_none() {
        let hint = format!("write {to}:REPOSITORY");
        return Err(
            destination.hint("names in a docker-archive: are REPOSITORY:TAG, and the repository is missing", hint)
        );
    }
    Ok((Images::Every { series, filter: filter.unwrap_or_default() }, Target::Every(target)))
}

fn one(word: Word<'_>) -> Result<Location, ParseError> {
    let location: Location = word.text.parse().map_err(|error| word.error(with_causes(&error)))?;
    match location.place {
        Place::OciArchive(ArchivePath::Standard) | Place::DockerArchive(ArchivePath::Standard) => {
            Err(word.error(SeriesError::Stream.to_string()))
        }
        _ => Ok(location),
    }
}

fn series_error(word: Word<'_>, error: &SeriesError) -> ParseError {
    word.error(with_causes(error))
}

fn refused(word: Word<'_>, refused: &Refused) -> ParseError {
    let hint = "write the name in the tree: REPOSITORY:TAG";
    match refused {
        Refused::Elsewhere => word.hint(format!("{} is a place of its own, not a name in the tree", word.text), hint),
        Refused::Other => word.hint(format!("{} is in another tree", word.text), hint),
        Refused::Name(error) => series_error(word, error),
    }
}

/// The options of a line.
#[derive(Default)]
struct Words {
    platforms: Option<Platforms>,
    filter: Option<Filter>,
    referrers: Option<bool>,
    creds_from: Option<PathBuf>,
}

impl Words {
    fn read(words: &[Word<'_>]) -> Result<Self, ParseError> {
        let mut options = Self::default();
        for word in words {
            let Some((key, value)) = word.text.split_once('=') else {
                let hint = format!("after the destination come options: {OPTIONS}; a comment begins with #");
                return Err(word.hint(format!("{} is no option", word.text), hint));
            };
            if value.is_empty() {
                return Err(word.error(format!("{key}= has no value")));
            }
            options.take(*word, key, value)?;
        }
        Ok(options)
    }

    fn take(&mut self, word: Word<'_>, key: &str, value: &str) -> Result<(), ParseError> {
        let twice = || word.error(format!("{key}= stands twice, or beside another that it contradicts"));
        let pattern = || value.parse::<Pattern>().map_err(|error| word.error(error.to_string()));
        match key {
            "all" | "platform" if self.platforms.is_some() => return Err(twice()),
            "all" => self.platforms = Some(if truth(word, value)? { Platforms::All } else { Platforms::Host }),
            "platform" => {
                let parse = |text: &str| text.parse::<Platform>().map_err(|error| word.error(with_causes(&error)));
                self.platforms = Some(Platforms::Only(value.split(',').map(parse).collect::<Result<_, _>>()?));
            }
            "tags" => self.filter.get_or_insert_default().include.push(pattern()?),
            "exclude" => self.filter.get_or_insert_default().exclude.push(pattern()?),
            "referrers" if self.referrers.is_some() => return Err(twice()),
            "referrers" => self.referrers = Some(truth(word, value)?),
            "creds-from" if self.creds_from.is_some() => return Err(twice()),
            "creds-from" => self.creds_from = Some(value.into()),
            _ => return Err(word.hint(format!("there is no option {key}="), format!("write {OPTIONS}"))),
        }
        Ok(())
    }
}

fn truth(word: Word<'_>, value: &str) -> Result<bool, ParseError> {
    value.parse().map_err(|_| word.error(format!("{value} is neither true nor false")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Plan::parse(text).expect(text).lines.remove(0)
    }

    #[test]
    fn what_people_write() {
        for (text, wanted) in [
            ("docker://alpine:3 oci:d:3", "docker://docker.io/library/alpine:3 → oci:d:3"),
            ("  alpine\tdir:/x   # why", "docker://docker.io/library/alpine:latest → dir:/x"),
            ("docker://ex.com/a:* oci:d", "docker://ex.com/a:* → oci:d:*"),
            ("docker://ex.com/a/* docker://ex.org/b/*", "docker://ex.com/a:* → docker://ex.org/b:*"),
            ("ex.com/a ex.org/b:* tags=1.*", "docker://ex.com/a:* → docker://ex.org/b:*"),
            ("oci:d:* docker-archive:k.tar:ex.com/a", "oci:d:* → docker-archive:k.tar:ex.com/a:*"),
            ("ex.com/a ex.org/b exclude=*-rc", "docker://ex.com/a:* → docker://ex.org/b:*"),
            ("oci:a#b:1 dir:c#d#", "oci:a#b:1 → dir:c#d#"),
        ] {
            let line = line(text);
            assert_eq!(format!("{} → {}", line.source, line.target), wanted, "{text}");
        }
        let plan = Plan::parse("\u{feff}# all\n\nalpine oci:d:1\r\n   # more\nbusybox oci:d:2 # x\n").expect("parses");
        assert_eq!(plan.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [3, 5]);
    }

    #[test]
    fn options() {
        assert_eq!(line("a oci:d:1").platforms, Platforms::All);
        assert_eq!(line("a oci:d:1 all=true").platforms, Platforms::All);
        assert_eq!(line("a oci:d:1 all=false").platforms, Platforms::Host);
        let two = ["linux/amd64", "linux/arm64"].map(|text| text.parse().expect("a platform"));
        assert_eq!(line("a oci:d:1 platform=linux/amd64,linux/arm64").platforms, Platforms::Only(two.to_vec()));
        let all = line("a oci:d tags=/^3/ tags=semver:>=1.2,<2 exclude=*rc* referrers=true creds-from=ci.json # x");
        assert!(all.referrers);
        assert_eq!(all.source_access.authfile.as_deref(), Some("ci.json".as_ref()));
        assert_eq!(all.source_access, all.destination_access);
        let Images::Every { filter, .. } = all.source else { panic!("a whole repository") };
        assert_eq!(["3.1", "1.3", "v1.9", "3rc1", "2"].map(|tag| filter.takes(tag)), [true, true, true, false, false]);
    }

    #[test]
    fn names_in_a_tree() {
        let one = |text: &str| match Plan::parse_for_tree(text, Path::new("/t")) {
            Ok(mut plan) => {
                let line = plan.lines.remove(0);
                format!("{} → {}", line.source, line.target)
            }
            Err(error) => error.to_string(),
        };
        for (text, wanted) in [
            ("docker://alpine:3 alpine", "docker://docker.io/library/alpine:3 → static:/t:alpine:3"),
            ("oci:d:3 a/b:4", "oci:d:3 → static:/t:a/b:4"),
            ("dir:d a", "dir:d → static:/t:a:latest"),
            ("oci:d:3 docker://ex.com/a/b", "oci:d:3 → static:/t:a/b:3"),
            ("oci:d:3 static:/t:a:v1", "oci:d:3 → static:/t:a:v1"),
            ("docker://ex.com/a:* a tags=1.*", "docker://ex.com/a:* → static:/t:a:*"),
            ("docker://ex.com/a:* docker://ex.org/b:*", "docker://ex.com/a:* → static:/t:b:*"),
            ("oci:d:3 static:/u:a:v1", "line 1, column 9: static:/u:a:v1 is in another tree"),
            ("oci:d:3 oci:e:3", "line 1, column 9: oci:e:3 is a place of its own, not a name in the tree"),
            ("oci:d:* a:v1", "line 1, column 9: a:v1 names one image where all of a are meant; leave the tag out"),
        ] {
            assert_eq!(one(text), wanted, "{text}");
        }
        for escape in ["../a", "/a", "a/../b", "A", "a;b", "a:b:c"] {
            assert!(one(&format!("oci:d:3 {escape}")).starts_with("line 1, column 9: "), "{escape}");
        }
    }

    #[test]
    fn what_is_wrong_and_where() {
        for (text, wanted) in [
            ("alpine", "line 1, column 1: the destination of alpine is missing"),
            ("\n  alpine # oci:d", "line 2, column 3: the destination of alpine is missing"),
            ("alpine all=false", "line 1, column 8: an option stands where the destination should"),
            ("alpine oci:d:1 oci:e", "line 1, column 16: oci:e is no option"),
            ("alpine oci:d:1 foo=bar", "line 1, column 16: there is no option foo="),
            ("alpine oci:d:1 all=", "line 1, column 16: all= has no value"),
            ("alpine oci:d:1 all=no", "line 1, column 16: no is neither true nor false"),
            (
                "alpine oci:d:1 all=true platform=linux/amd64",
                "line 1, column 25: platform= stands twice, or beside another that it contradicts",
            ),
            ("é oci:d", "line 1, column 1: "),
            ("é:1  x", "line 1, column 1: "),
            ("alpine oci:", "line 1, column 8: invalid location \"oci:\": the path is missing"),
            (
                "alpine:3 oci:d tags=3",
                "line 1, column 1: alpine:3 names one image where all of docker.io/library/alpine are meant; leave the tag out",
            ),
            (
                "alpine:* alpine:4",
                "line 1, column 10: alpine:4 names one image where all of docker.io/library/alpine are meant; leave the tag out",
            ),
            ("alpine:3 oci:d:*", "line 1, column 10: the destination takes every tag, and the source is one image"),
            ("alpine oci:d tags=/(/", "line 1, column 14: invalid pattern \"(\": unclosed group"),
            ("dir:x oci:d tags=1", "line 1, column 1: a dir: holds one image without a tag"),
            (
                "alpine:* docker-archive:k.tar",
                "line 1, column 10: names in a docker-archive: are REPOSITORY:TAG, and the repository is missing",
            ),
            ("oci-archive:-:v1 oci:d", "line 1, column 1: archives are not streamed here; name a file instead of -"),
        ] {
            let error = Plan::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(wanted), "{text}: {error}");
        }
        let error = Plan::parse("alpine oci:d:1 foo=bar").expect_err("no option");
        assert_eq!(error.hint.as_deref(), Some("write all=, platform=, tags=, exclude=, referrers= or creds-from="));
    }
}
