//! Which services are asked: by URLs, or by a signing config as cosign has it.
//!
//! protobuf-specs, "SigningConfig": <https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto>

use serde::Deserialize;

use super::super::time::{self, Window};
use super::error::{Error, Result};
use crate::sign::json;

/// The largest signing config, in bytes.
pub const MAX_CONFIG: usize = 1 << 20;
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/// Which services are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// The certificate authority, Fulcio.
    pub authority: String,
    /// The transparency logs, each of which gets an entry.
    pub logs: Vec<LogService>,
    /// The time stamp authorities, each of which stamps the signature; their whole URLs.
    pub clocks: Vec<String>,
    /// Who issues identity tokens to people.
    pub issuer: Option<String>,
}

/// A transparency log, Rekor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogService {
    /// Its URL.
    pub url: String,
    /// Its API.
    pub generation: Generation,
}

/// The two APIs of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Rekor 1, which says when an entry came.
    First,
    /// Rekor 2, which does not, and so needs a time stamp authority beside it.
    Second,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    media_type: String,
    #[serde(default)]
    ca_urls: Vec<Service>,
    #[serde(default)]
    oidc_urls: Vec<Service>,
    #[serde(default)]
    rekor_tlog_urls: Vec<Service>,
    #[serde(default)]
    rekor_tlog_config: Choice,
    #[serde(default)]
    tsa_urls: Vec<Service>,
    #[serde(default)]
    tsa_config: Choice,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Service {
    url: String,
    #[serde(default)]
    major_api_version: u32,
    valid_for: Option<Range>,
    #[serde(default)]
    operator: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    start: Option<String>,
    end: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    #[serde(default)]
    selector: String,
    #[serde(default)]
    count: usize,
}

impl Services {
    /// Reads a signing config and chooses from it what is valid at a time, in seconds since 1970: of each operator the newest, with the
    /// highest API that is known. Where any of several will do, it is the newest.
    ///
    /// # Errors
    /// [`Error::Config`] when it is none, or has no service of a kind that it asks for.
    pub fn of_config(text: &[u8], now: u64) -> Result<Self> {
        let bad = |reason: String| Error::Config(reason);
        if text.len() > MAX_CONFIG {
            return Err(bad(format!("it is larger than {} MiB", MAX_CONFIG >> 20)));
        }
        let text = json::check(text).map_err(|error| bad(error.to_string()))?;
        let document: Document = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if document.media_type != MEDIA_TYPE {
            return Err(bad(format!("it is a document of type {:?}", document.media_type)));
        }
        let authority = newest(&document.ca_urls, &[1], now, "certificate authority")?;
        let authority = authority.first().ok_or_else(|| bad("it has no certificate authority".into()))?.url.clone();
        let issuers = newest(&document.oidc_urls, &[1], now, "issuer of tokens")?;
        let logs = newest(&document.rekor_tlog_urls, &[2, 1], now, "transparency log")?;
        let clocks = newest(&document.tsa_urls, &[1], now, "time stamp authority")?;
        Ok(Self {
            authority,
            logs: document.rekor_tlog_config.of(logs, "transparency logs")?.into_iter().map(LogService::of).collect(),
            clocks: document
                .tsa_config
                .of(clocks, "time stamp authorities")?
                .iter()
                .map(|one| one.url.clone())
                .collect(),
            issuer: issuers.first().map(|one| one.url.clone()),
        })
    }

    /// Checks that these services can make a signature that verifies.
    ///
    /// # Errors
    /// [`Error::Services`] when one is missing.
    pub(super) fn check(&self) -> Result<()> {
        if self.logs.is_empty() {
            return Err(Error::Services("there is no transparency log, without which nobody verifies the signature"));
        }
        if self.clocks.is_empty() && self.logs.iter().all(|log| log.generation == Generation::Second) {
            return Err(Error::Services("a log of the second generation needs a time stamp authority beside it"));
        }
        Ok(())
    }
}

impl LogService {
    fn of(service: &Service) -> Self {
        let generation = if service.major_api_version == 2 { Generation::Second } else { Generation::First };
        Self { url: service.url.clone(), generation }
    }
}

/// Returns the services that are valid, of the first of these versions that any has: at most one for each operator, the newest first.
fn newest<'a>(all: &'a [Service], versions: &[u32], now: u64, what: &str) -> Result<Vec<&'a Service>> {
    let mut valid = Vec::new();
    for service in all {
        let window = window(service.valid_for.as_ref());
        let window = window.ok_or_else(|| Error::Config(format!("a {what} has a validFor that is no time")))?;
        if window.has(now) {
            valid.push((window.start, service));
        }
    }
    // Of those that are as old, the order of the file decides.
    valid.sort_by_key(|(start, _)| std::cmp::Reverse(*start));
    for version in versions {
        let mut found: Vec<&Service> = Vec::new();
        for (_, service) in &valid {
            let is_new = !found.iter().any(|other| other.operator == service.operator);
            if service.major_api_version == *version && is_new {
                found.push(service);
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    match all {
        [] => Ok(Vec::new()),
        _ => Err(Error::Config(format!("no {what} in it is valid now with an API that is known"))),
    }
}

fn window(range: Option<&Range>) -> Option<Window> {
    let Some(range) = range else { return Some(Window { start: 0, end: None }) };
    let start = range.start.as_deref().map_or(Some(0), time::parse)?;
    let end = match range.end.as_deref() {
        Some(end) => Some(time::parse(end)?),
        None => None,
    };
    Some(Window { start, end })
}

impl Choice {
    fn of<'a>(&self, found: Vec<&'a Service>, what: &str) -> Result<Vec<&'a Service>> {
        let count = match self.selector.as_str() {
            _ if found.is_empty() => 0,
            "ALL" => found.len(),
            "ANY" => 1,
            "EXACT" if self.count > 0 && self.count <= found.len() => self.count,
            "EXACT" => {
                let reason =
                    format!("it asks for {} {what} and has {} of different operators", self.count, found.len());
                return Err(Error::Config(reason));
            }
            _ => return Err(Error::Config(format!("it does not say which of its {what} to use"))),
        };
        Ok(found.into_iter().take(count).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn config(members: &str) -> Result<Services> {
        let ca =
            r#"{"url":"https://f","majorApiVersion":1,"validFor":{"start":"2022-01-01T00:00:00Z"},"operator":"o"}"#;
        Services::of_config(format!(r#"{{"mediaType":"{MEDIA_TYPE}","caUrls":[{ca}]{members}}}"#).as_bytes(), NOW)
    }

    fn log(url: &str, version: u32, start: &str, operator: &str) -> String {
        format!(
            r#"{{"url":"{url}","majorApiVersion":{version},"validFor":{{"start":"{start}"}},"operator":"{operator}"}}"#
        )
    }

    #[test]
    fn which_logs() {
        let old = log("old", 1, "2022-01-01T00:00:00Z", "o");
        let new = log("new", 1, "2023-01-01T00:00:00Z", "o");
        let other = log("other", 1, "2022-06-01T00:00:00Z", "p");
        let second = log("second", 2, "2022-01-01T00:00:00Z", "o");
        let later = log("later", 2, "2024-01-01T00:00:00Z", "o");
        let ended = old.replace("Z\"}", "Z\",\"end\":\"2023-01-01T00:00:00Z\"}");
        for (logs, choice, wanted) in [
            (vec![&old, &new, &other], r#"{"selector":"ALL"}"#, Some("new,other")),
            (vec![&old, &new, &other], r#"{"selector":"ANY"}"#, Some("new")),
            (vec![&old, &new, &other], r#"{"selector":"EXACT","count":2}"#, Some("new,other")),
            (vec![&old, &new, &other], r#"{"selector":"EXACT","count":3}"#, None),
            (vec![&old, &new, &other], r#"{"selector":"EXACT"}"#, None),
            (vec![&old, &new, &other], r#"{"selector":"SOME"}"#, None),
            (vec![&old], "{}", None),
            (vec![&old, &second, &other], r#"{"selector":"ALL"}"#, Some("second")),
            (vec![&old, &later], r#"{"selector":"ALL"}"#, Some("old")),
            (vec![&later], r#"{"selector":"ALL"}"#, None),
            (vec![&ended], r#"{"selector":"ALL"}"#, None),
            (vec![&ended, &other], r#"{"selector":"ALL"}"#, Some("other")),
            (vec![], "{}", Some("")),
        ] {
            let all = logs.iter().map(|log| log.as_str()).collect::<Vec<_>>().join(",");
            let found = config(&format!(r#","rekorTlogUrls":[{all}],"rekorTlogConfig":{choice}"#));
            let urls = |found: Services| found.logs.into_iter().map(|log| log.url).collect::<Vec<_>>().join(",");
            assert_eq!(found.ok().map(urls).as_deref(), wanted, "{all} {choice}");
        }
    }

    #[test]
    fn only_signing_configs() {
        let good = config(r#","oidcUrls":[{"url":"https://i","majorApiVersion":1,"operator":"o"}]"#).expect("good");
        assert_eq!((good.authority.as_str(), good.issuer.as_deref()), ("https://f", Some("https://i")));
        assert!(good.check().is_err(), "there is no log");
        for bad in ["{}", "[]", r#"{"mediaType":"x"}"#, &format!(r#"{{"mediaType":"{MEDIA_TYPE}"}}"#)] {
            assert!(Services::of_config(bad.as_bytes(), NOW).is_err(), "{bad}");
        }
        for bad in [
            r#","more":1"#,
            r#","caUrls":[]"#,
            r#","tsaUrls":[{"url":"x","majorApiVersion":1,"validFor":{"start":"x"}}]"#,
        ] {
            assert!(config(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_suffices() {
        let with = |generation, clocks: &[&str]| Services {
            logs: vec![LogService { url: "x".into(), generation }],
            clocks: clocks.iter().map(ToString::to_string).collect(),
            ..Services::default()
        };
        assert!(with(Generation::First, &[]).check().is_ok());
        assert!(with(Generation::Second, &["x"]).check().is_ok());
        assert!(with(Generation::Second, &[]).check().is_err());
    }
}
