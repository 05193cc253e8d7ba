//! skopeo's YAML: registries, their images, which tags.
//!
//! skopeo-sync(1), "YAML file content": <https://github.com/containers/skopeo/blob/main/docs/skopeo-sync.1.md#yaml-file-content-used-source-for---src-yaml>.
//! Destinations are named as skopeo names them: the last part of the repository below a base, or, scoped, its registry and all of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_saphyr::{Location as At, Spanned};

use super::filter::{Filter, Pattern};
use super::plan::{Access, Images, Line, ParseError, Plan, Target};
use super::series::{Series, SeriesError};

use crate::copy::Platforms;
use crate::descriptor::null_as_default;
use crate::digest::Digest;
use crate::error_chain::with_causes;
use crate::reference::{Reference, Repository, Tag};
use crate::transport::{Location, LocationError, Place, Selector};

/// What the images of a YAML file go below.
#[derive(Clone, Debug)]
pub struct Base {
    series: Option<Series>,
    /// A registry as a whole.
    host: Option<String>,
    scoped: bool,
}

impl Base {
    /// Parses a base: `docker://HOST[/PATH]`, `oci:DIR[:PREFIX]`, `dir:PATH` and so on. Scoped, the source's registry and whole path stand
    /// below it, and else the last part of the path.
    ///
    /// # Errors
    /// When it is no place, or names an image.
    pub fn parse(text: &str, scoped: bool) -> Result<Self, SeriesError> {
        // `HOST:PORT` alone would read as an image with a tag.
        let host = text.strip_prefix("docker://").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        if let Some(host) = host.filter(|host| !host.contains('/')) {
            format!("{host}/x").parse::<Repository>().map_err(LocationError::from)?;
            return Ok(Self { series: None, host: Some(host.into()), scoped });
        }
        let text = text.strip_suffix('/').filter(|text| text.starts_with("docker://")).unwrap_or(text);
        Ok(Self { series: Some(Series::parse(text)?), host: None, scoped })
    }

    fn below(&self, repository: &Repository) -> Result<Series, SeriesError> {
        let path = match self.scoped {
            true => repository.to_string(),
            false => repository.path().rsplit('/').next().unwrap_or_default().to_owned(),
        };
        if let Some(host) = &self.host {
            let repository = format!("{host}/{path}").parse().map_err(LocationError::from)?;
            return Ok(Series { place: Place::Registry(repository), prefix: None });
        }
        self.series.as_ref().expect("there is a series or a host").below(&path)
    }

    /// A folder holds one image each: skopeo's are named `REPOSITORY:TAG`.
    fn location(&self, series: &Series, name: &str) -> Result<Location, SeriesError> {
        let location = series.location(&name.replace(':', "-"))?;
        match (&series.place, location) {
            (Place::Dir(path), location) => {
                let place = Place::Dir(format!("{}:{name}", path.display()).into());
                Ok(Location { place, ..location })
            }
            (_, location) => Ok(location),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Registry {
    #[serde(default, deserialize_with = "null_as_default")]
    images: BTreeMap<String, Spanned<Option<Vec<Spanned<String>>>>>,
    #[serde(default, deserialize_with = "null_as_default")]
    images_by_tag_regex: BTreeMap<String, Spanned<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    images_by_semver: BTreeMap<String, Spanned<String>>,
    #[serde(default, deserialize_with = "null_as_default")]
    credentials: Credentials,
    tls_verify: Option<bool>,
    cert_dir: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Credentials {
    #[serde(deserialize_with = "null_as_default")]
    username: String,
    #[serde(deserialize_with = "null_as_default")]
    password: String,
}

impl Plan {
    /// Says whether text is YAML rather than lines: its first line is `---` or a lone key.
    pub fn looks_like_yaml(text: &str) -> bool {
        let lines =
            text.trim_start_matches('\u{feff}').lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
        let first = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with('#'));
        first.is_some_and(|line| line == "---" || line.ends_with(':') && !line.contains(char::is_whitespace))
    }

    /// Parses a YAML file of `skopeo sync --src yaml`. Whole indexes are copied, whatever skopeo would do.
    ///
    /// # Errors
    /// The first thing that is wrong, and where it stands.
    pub fn parse_yaml(text: &str, base: &Base) -> Result<Self, ParseError> {
        let registries: BTreeMap<String, Registry> =
            serde_saphyr::from_str(text).map_err(|error| yaml_error(&error))?;
        let mut plan = Self::default();
        for (host, registry) in &registries {
            let source_access = Access {
                authfile: None,
                login: (!registry.credentials.username.is_empty())
                    .then(|| (registry.credentials.username.clone(), registry.credentials.password.clone())),
                tls_verify: registry.tls_verify,
                cert_dir: registry.cert_dir.clone(),
            };
            let mut add = |at: At, source, target| {
                plan.lines.push(Line {
                    number: number(at.line()),
                    source,
                    target,
                    platforms: Platforms::All,
                    referrers: false,
                    source_access: source_access.clone(),
                    destination_access: Access::default(),
                });
            };
            for (name, tags) in &registry.images {
                let (source, target) = repository(host, name, base, tags.referenced)?;
                let tags_of = tags.value.as_deref().unwrap_or_default();
                if tags_of.is_empty() {
                    add(tags.referenced, every(source, Filter::default()), Target::Every(target));
                    continue;
                }
                for tag in tags_of {
                    let from = one(&source, &tag.value).map_err(|reason| error(tag.referenced, reason))?;
                    let to = base
                        .location(&target, &tag.value)
                        .map_err(|reason| error(tag.referenced, with_causes(&reason)))?;
                    add(tag.referenced, Images::One(from), Target::One(to));
                }
            }
            let regexes =
                registry.images_by_tag_regex.iter().map(|(name, text)| (name, text, Pattern::regex(&text.value)));
            let versions =
                registry.images_by_semver.iter().map(|(name, text)| (name, text, Pattern::semver(&text.value)));
            for (name, text, pattern) in regexes.chain(versions) {
                let pattern = pattern.map_err(|reason| error(text.referenced, reason.to_string()))?;
                let (source, target) = repository(host, name, base, text.referenced)?;
                let filter = Filter { include: vec![pattern], exclude: Vec::new() };
                add(text.referenced, every(source, filter), Target::Every(target));
            }
        }
        plan.lines.sort_by_key(|line| line.number);
        Ok(plan)
    }
}

fn every(repository: Repository, filter: Filter) -> Images {
    Images::Every { series: Series { place: Place::Registry(repository), prefix: None }, filter }
}

fn repository(host: &str, name: &str, base: &Base, at: At) -> Result<(Repository, Series), ParseError> {
    let repository: Repository = format!("{host}/{name}")
        .parse()
        .map_err(|reason: crate::reference::ParseError| error(at, with_causes(&reason)))?;
    let target = base.below(&repository).map_err(|reason| error(at, with_causes(&reason)))?;
    Ok((repository, target))
}

/// A tag or a digest of a repository.
fn one(repository: &Repository, name: &str) -> Result<Location, String> {
    let mut reference = Reference { repository: repository.clone(), tag: None, digest: None };
    if name.contains(':') {
        reference.digest = Some(name.parse::<Digest>().map_err(|error| with_causes(&error))?);
    } else {
        reference.tag = Some(name.parse::<Tag>().map_err(|error| with_causes(&error))?);
    }
    let location = Location::registry(reference);
    debug_assert!(!matches!(location.at, Selector::Sole));
    Ok(location)
}

fn error(at: At, reason: String) -> ParseError {
    ParseError { line: number(at.line()), column: number(at.column()), reason, hint: None }
}

fn yaml_error(cause: &serde_saphyr::Error) -> ParseError {
    let (line, column) = cause.location().map_or((1, 1), |at| (number(at.line()), number(at.column())));
    let text = cause.without_snippet().to_string();
    let reason = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    ParseError { line, column, reason, hint: None }
}

fn number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
registry.example.com:
  images:
    busybox: []
    team/redis:
      - 1.0
      - \"2.0\"
      - sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
  images-by-tag-regex:
    nginx: ^1\\.13\\.[12]-alpine-perl$
  images-by-semver:
    alpine: \">= 3.12.0\"
  credentials:
    username: john
    password: secret
  tls-verify: false
  cert-dir: /home/john/certs
docker.io:
  images:
    hello:
";

    fn lines(base: &str, scoped: bool) -> Vec<String> {
        let base = Base::parse(base, scoped).expect("a base");
        let plan = Plan::parse_yaml(FILE, &base).expect("a plan");
        plan.lines.iter().map(|line| format!("{}: {} → {}", line.number, line.source, line.target)).collect()
    }

    #[test]
    fn what_skopeo_reads() {
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            lines("docker://127.0.0.1:5000", false),
            [
                "3: docker://registry.example.com/busybox:* → docker://127.0.0.1:5000/busybox:*".to_owned(),
                "5: docker://registry.example.com/team/redis:1.0 → docker://127.0.0.1:5000/redis:1.0".into(),
                "6: docker://registry.example.com/team/redis:2.0 → docker://127.0.0.1:5000/redis:2.0".into(),
                format!(
                    "7: docker://registry.example.com/team/redis@{digest} → docker://127.0.0.1:5000/redis:{}",
                    digest.replace(':', "-")
                ),
                "9: docker://registry.example.com/nginx:* → docker://127.0.0.1:5000/nginx:*".into(),
                "11: docker://registry.example.com/alpine:* → docker://127.0.0.1:5000/alpine:*".into(),
                "19: docker://docker.io/library/hello:* → docker://127.0.0.1:5000/hello:*".into(),
            ]
        );
        assert_eq!(
            lines("docker://h/m", true)[1],
            "5: docker://registry.example.com/team/redis:1.0 → docker://docker.io/h/m/registry.example.com/team/redis:1.0"
        );
        assert_eq!(lines("oci:d", false)[1], "5: docker://registry.example.com/team/redis:1.0 → oci:d:redis:1.0");
        assert_eq!(lines("dir:/x", false)[1], "5: docker://registry.example.com/team/redis:1.0 → dir:/x/redis:1.0");
        let plan = Plan::parse_yaml(FILE, &Base::parse("oci:d", false).expect("a base")).expect("a plan");
        let access = &plan.lines[0].source_access;
        assert_eq!(
            (access.login.as_ref().map(|login| login.0.as_str()), access.tls_verify),
            (Some("john"), Some(false))
        );
        assert!(!format!("{access:?}").contains("secret"));
        assert_eq!(plan.lines[0].destination_access, Access::default());
    }

    #[test]
    fn what_is_wrong_and_where() {
        let base = Base::parse("oci:d", false).expect("a base");
        for (text, wanted) in [
            ("ex.com:\n  imagse: {}\n", "line 2, column 3: "),
            ("ex.com:\n  images:\n    UPPER: []\n", "line 3, column 12: "),
            ("ex.com:\n  images:\n    a: [\"b c\"]\n", "line 3, column 9: "),
            ("ex.com:\n  images-by-semver:\n    a: \"x y\"\n", "line 3, column 8: "),
        ] {
            let error = Plan::parse_yaml(text, &base).expect_err(text).to_string();
            assert!(error.starts_with(wanted) && !error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn lines_are_no_yaml() {
        for (text, wanted) in [
            ("# x\n\nex.com:  # y\n", true),
            ("---\n", true),
            ("alpine oci:d\n", false),
            ("alpine: oci:d\n", false),
            ("", false),
        ] {
            assert_eq!(Plan::looks_like_yaml(text), wanted, "{text}");
        }
    }
}
