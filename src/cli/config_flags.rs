//! Flags that change an image's config, the same in every verb that has them.

use std::collections::BTreeMap;

use clap::Args;
use stevedore::draft::{ConfigEdit, Healthcheck};
use stevedore::timestamp;

use super::{Result, Usage};

/// Changes to the config.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Config")]
pub(crate) struct ConfigFlags {
    /// Set the entrypoint, an argument each time, or all as a JSON array; [] removes it. Without --cmd the base's command goes
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    entrypoint: Vec<String>,
    /// Set the command, in the same way
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    cmd: Vec<String>,
    /// Set a variable of the environment
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// Remove a variable of the environment
    #[arg(long, value_name = "NAME")]
    unset_env: Vec<String>,
    /// Set the user, as NAME or UID, with a group behind a colon if need be
    #[arg(short, long)]
    user: Option<String>,
    /// Set the working directory
    #[arg(short, long, value_name = "PATH")]
    workdir: Option<String>,
    /// Set a label
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = pair)]
    label: Vec<(String, String)>,
    /// Remove a label
    #[arg(long, value_name = "NAME")]
    unset_label: Vec<String>,
    /// Say that the image listens on a port
    #[arg(long, value_name = "PORT[/tcp|/udp]", value_parser = port)]
    expose: Vec<String>,
    /// Say that a path holds data
    #[arg(long, value_name = "PATH")]
    volume: Vec<String>,
    /// Set the signal that ends the container
    #[arg(long, value_name = "SIGNAL")]
    stop_signal: Option<String>,
    /// Set the health check: a line for the shell, or a command as a JSON array; none switches the base's off
    #[arg(long, value_name = "COMMAND")]
    healthcheck: Option<String>,
    /// The time between two health checks, as in 30s, 2m or 500ms
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "healthcheck")]
    health_interval: Option<u64>,
    /// The longest that a health check may take
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "healthcheck")]
    health_timeout: Option<u64>,
    /// The time at the start in which failed health checks do not count
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "healthcheck")]
    health_start_period: Option<u64>,
    /// How many failed health checks in a row make a container unhealthy
    #[arg(long, value_name = "N", requires = "healthcheck")]
    health_retries: Option<u64>,
    /// Set the author
    #[arg(long)]
    author: Option<String>,
    /// Set when the image was made, as in 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    created: Option<String>,
}

impl ConfigFlags {
    /// Returns the changes.
    ///
    /// # Errors
    /// When an argument that looks like a JSON array is none.
    pub(crate) fn edit(&self) -> Result<ConfigEdit, Usage> {
        Ok(ConfigEdit {
            entrypoint: arguments(&self.entrypoint, "--entrypoint")?,
            cmd: arguments(&self.cmd, "--cmd")?,
            env: changes(&self.env, &self.unset_env),
            user: self.user.clone(),
            working_dir: self.workdir.clone(),
            stop_signal: self.stop_signal.clone(),
            labels: changes(&self.label, &self.unset_label),
            exposed_ports: self.expose.iter().map(|port| (port.clone(), true)).collect(),
            volumes: self.volume.iter().map(|path| (path.clone(), true)).collect(),
            healthcheck: self.healthcheck()?.map(Some),
            created: self.created.clone(),
            author: self.author.clone(),
            ..ConfigEdit::default()
        })
    }

    fn healthcheck(&self) -> Result<Option<Healthcheck>, Usage> {
        let Some(text) = &self.healthcheck else { return Ok(None) };
        let test = match text.as_str() {
            "none" => vec!["NONE".to_owned()],
            text if text.starts_with('[') => {
                ["CMD".to_owned()].into_iter().chain(array(text, "--healthcheck")?).collect()
            }
            text => vec!["CMD-SHELL".to_owned(), text.to_owned()],
        };
        Ok(Some(Healthcheck {
            test,
            interval: self.health_interval.unwrap_or_default(),
            timeout: self.health_timeout.unwrap_or_default(),
            start_period: self.health_start_period.unwrap_or_default(),
            retries: self.health_retries.unwrap_or_default(),
        }))
    }
}

/// Refuses annotations with two values.
pub(crate) fn annotations(given: &[(String, String)]) -> Result<BTreeMap<String, String>, Usage> {
    let mut annotations = BTreeMap::new();
    for (name, value) in given {
        if annotations.insert(name.clone(), value.clone()).is_some_and(|other| other != *value) {
            return Err(Usage::new(format!("the annotation {name} has two values"), "give it once"));
        }
    }
    Ok(annotations)
}

/// Puts what is removed before what is set.
pub(crate) fn changes<C: FromIterator<(String, Option<String>)>>(set: &[(String, String)], unset: &[String]) -> C {
    let removed = unset.iter().map(|name| (name.clone(), None));
    removed.chain(set.iter().map(|(name, value)| (name.clone(), Some(value.clone())))).collect()
}

/// One argument that begins with a bracket is all of them; one that is empty is none.
fn arguments(given: &[String], flag: &str) -> Result<Option<Vec<String>>, Usage> {
    match given {
        [] => Ok(None),
        [empty] if empty.is_empty() => Ok(Some(Vec::new())),
        [all] if all.starts_with('[') => array(all, flag).map(Some),
        each => Ok(Some(each.to_vec())),
    }
}

fn array(text: &str, flag: &str) -> Result<Vec<String>, Usage> {
    serde_json::from_str(text).map_err(|error| {
        let hint = format!("write it as in {flag} '[\"/bin/app\", \"--flag\"]'");
        Usage::new(format!("{flag} begins with [ and is no JSON array of strings: {error}"), hint)
    })
}

/// Reads `NAME=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("expected NAME=VALUE"),
    }
}

/// Reads a port; without a protocol it is tcp.
fn port(text: &str) -> Result<String, &'static str> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let is_range = number.split('-').count() <= 2 && number.split('-').all(|part| part.parse::<u16>().is_ok());
    if is_range && matches!(protocol, "tcp" | "udp" | "sctp") {
        return Ok(format!("{number}/{protocol}"));
    }
    Err("expected a port, as in 80 or 53/udp")
}

/// Reads a time as nanoseconds.
fn duration(text: &str) -> Result<u64, &'static str> {
    let wrong = "expected a time, as in 30s, 2m or 500ms";
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or(wrong)?;
    let number: u64 = text[..at].parse().map_err(|_| wrong)?;
    let unit = match &text[at..] {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return Err(wrong),
    };
    number.checked_mul(unit).ok_or(wrong)
}

/// Reads a time of RFC 3339 as readers of configs want it, in capitals and without leap seconds; nothing removes it.
fn time(text: &str) -> Result<String, &'static str> {
    let is_plain = |text: &str| text[10..].starts_with('T') && !text.ends_with('z') && &text[17..19] != "60";
    match text.is_empty() || timestamp::parse(text).is_some() && is_plain(text) {
        true => Ok(text.to_owned()),
        false => Err("expected a time, as in 2026-01-31T12:00:00Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(port("80").as_deref(), Ok("80/tcp"));
        assert_eq!(port("8000-8010/udp").as_deref(), Ok("8000-8010/udp"));
        assert!(port("x").is_err() && port("80/http").is_err() && port("70000").is_err());
        assert_eq!(duration("2m"), Ok(120_000_000_000));
        assert!(duration("2").is_err() && duration("m").is_err() && duration("99999999999h").is_err());
        assert_eq!(pair("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert!(pair("A").is_err() && pair("=b").is_err());
    }

    #[test]
    fn times() {
        for good in ["", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59.123456789Z", "2026-01-31T12:00:00+05:30"] {
            assert_eq!(time(good).as_deref(), Ok(good));
        }
        for bad in [
            "x",
            "2024-01-02",
            "2024-01-02T03:04:05",
            "2024-01-02 03:04:05Z",
            "2023-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-01-02T24:00:00Z",
            "2024-01-02T03:04:60Z",
            "2024-01-02T03:04:05.Z",
            "2024-01-02T03:04:05+5:30",
            "2024-01-02T03:04:05+24:00",
            "+024-01-02T03:04:05Z",
            "2024-01-02T03:04:05Zx",
            "äöüäöüäöüäöüäöüäöü",
        ] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn commands() {
        let text = |given: &[&str]| arguments(&given.iter().map(ToString::to_string).collect::<Vec<_>>(), "--cmd");
        assert_eq!(text(&[]).expect("reads"), None);
        assert_eq!(text(&[""]).expect("reads"), Some(vec![]));
        assert_eq!(text(&["[]"]).expect("reads"), Some(vec![]));
        assert_eq!(text(&[r#"["a","b"]"#]).expect("reads"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(text(&["a b", "[c]"]).expect("reads"), Some(vec!["a b".into(), "[c]".into()]));
        assert!(text(&["[a]"]).is_err());
    }
}
