//! Changes to an image's config.
//!
//! image-spec, "OCI Image Configuration", "Properties": <https://github.com/opencontainers/image-spec/blob/main/config.md#properties>. The health
//! check is Docker's own: <https://github.com/moby/docker-image-spec/blob/main/spec.md>.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::document::Document;
use crate::platform::Platform;
use crate::splice::Members;

/// Changes to a config. What is `None` or absent stays; what is set to nothing is removed.
#[derive(Clone, Debug, Default)]
pub struct ConfigEdit {
    /// Configs whose members are laid over this one's in turn, those of `config` one by one; the other fields go over them.
    pub overlays: Vec<Members>,
    /// The command's fixed beginning. As with Docker, a new one also removes the base's command, whose arguments were meant for the old one.
    pub entrypoint: Option<Vec<String>>,
    /// The command.
    pub cmd: Option<Vec<String>>,
    /// Variables of the environment, in order, each set or removed.
    pub env: Vec<(String, Option<String>)>,
    /// The user.
    pub user: Option<String>,
    /// The working directory.
    pub working_dir: Option<String>,
    /// The signal that ends the container.
    pub stop_signal: Option<String>,
    /// Labels, each set or removed.
    pub labels: BTreeMap<String, Option<String>>,
    /// Ports, such as `80/tcp`, each there or not.
    pub exposed_ports: BTreeMap<String, bool>,
    /// Mount points, each there or not.
    pub volumes: BTreeMap<String, bool>,
    /// The health check, or none.
    pub healthcheck: Option<Option<Healthcheck>>,
    /// When the image was made, RFC 3339.
    pub created: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// What it runs on.
    pub platform: Option<Platform>,
}

/// How a runtime finds out whether a container works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Healthcheck {
    /// `NONE`, or `CMD` and arguments, or `CMD-SHELL` and a line for the shell.
    pub test: Vec<String>,
    /// The time between two checks, in nanoseconds; 0 is the runtime's default, here and below.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub interval: u64,
    /// The longest that a check may take, in nanoseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub timeout: u64,
    /// The time at the start in which failures do not count, in nanoseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub start_period: u64,
    /// How many failures in a row make the container unhealthy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl ConfigEdit {
    /// Says whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        let texts = [&self.user, &self.working_dir, &self.stop_signal, &self.created, &self.author];
        let commands = self.entrypoint.is_none() && self.cmd.is_none() && self.healthcheck.is_none();
        let maps = self.labels.is_empty() && self.exposed_ports.is_empty() && self.volumes.is_empty();
        let rest = self.overlays.is_empty() && self.env.is_empty() && self.platform.is_none();
        texts.iter().all(|text| text.is_none()) && commands && maps && rest
    }

    /// Adds the members of an image config in JSON to what is laid over.
    ///
    /// # Errors
    /// When it is none.
    pub fn lay_over(&mut self, config: &[u8]) -> Result<(), serde_json::Error> {
        let members = Members::parse(config)?;
        members.decode::<Members>("config")?;
        self.overlays.push(members);
        Ok(())
    }

    /// Says whether the time at which the image was made is given.
    pub(crate) fn has_created(&self) -> bool {
        self.created.is_some() || self.overlays.iter().any(|overlay| overlay.has("created"))
    }

    /// Changes a config.
    pub(super) fn apply(&self, config: &mut Document<'_>) -> Result<(), serde_json::Error> {
        let execution = config.get("config").map_or("{}", RawValue::get).to_owned();
        let execution = if execution == "null" { "{}" } else { execution.as_str() };
        let mut document = Document::parse(execution.as_bytes())?;
        for overlay in &self.overlays {
            lay_over(overlay, config, &mut document)?;
        }
        self.apply_head(config)?;
        self.apply_execution(&mut document)?;
        let text = document.into_bytes();
        if text != execution.as_bytes() {
            config.set_raw("config", serde_json::from_slice::<&RawValue>(&text)?)?;
        }
        Ok(())
    }

    fn apply_head(&self, config: &mut Document<'_>) -> Result<(), serde_json::Error> {
        for (name, value) in [("created", &self.created), ("author", &self.author)] {
            if let Some(value) = value {
                config.set_or_remove(name, value, value.is_empty())?;
            }
        }
        let Some(platform) = &self.platform else { return Ok(()) };
        config.set("architecture", &platform.architecture)?;
        config.set("os", &platform.os)?;
        config.set_or_remove("variant", &platform.variant, platform.variant.is_empty())?;
        config.set_or_remove("os.version", &platform.os_version, platform.os_version.is_empty())
    }

    fn apply_execution(&self, execution: &mut Document<'_>) -> Result<(), serde_json::Error> {
        if let Some(entrypoint) = &self.entrypoint {
            execution.set_or_remove("Entrypoint", entrypoint, entrypoint.is_empty())?;
            if self.cmd.is_none() {
                execution.remove("Cmd");
            }
        }
        if let Some(cmd) = &self.cmd {
            execution.set_or_remove("Cmd", cmd, cmd.is_empty())?;
        }
        for (name, value) in
            [("User", &self.user), ("WorkingDir", &self.working_dir), ("StopSignal", &self.stop_signal)]
        {
            if let Some(value) = value {
                execution.set_or_remove(name, value, value.is_empty())?;
            }
        }
        match &self.healthcheck {
            Some(Some(check)) => execution.set("Healthcheck", check)?,
            Some(None) => execution.remove("Healthcheck"),
            None => {}
        }
        self.apply_env(execution)?;
        edit_map(execution, "Labels", &self.labels)?;
        edit_map(execution, "ExposedPorts", &present(&self.exposed_ports))?;
        edit_map(execution, "Volumes", &present(&self.volumes))
    }

    fn apply_env(&self, execution: &mut Document<'_>) -> Result<(), serde_json::Error> {
        if self.env.is_empty() {
            return Ok(());
        }
        let mut env: Vec<String> = execution.decode("Env")?.unwrap_or_default();
        for (name, value) in &self.env {
            let is_it = |each: &str| each.split_once('=').map_or(each, |(name, _)| name) == name;
            match value {
                None => env.retain(|each| !is_it(each)),
                Some(value) => match env.iter_mut().find(|each| is_it(each)) {
                    Some(each) => *each = format!("{name}={value}"),
                    None => env.push(format!("{name}={value}")),
                },
            }
        }
        execution.set_or_remove("Env", &env, env.is_empty())
    }
}

fn lay_over(
    overlay: &Members,
    config: &mut Document<'_>,
    execution: &mut Document<'_>,
) -> Result<(), serde_json::Error> {
    for (name, text) in overlay.iter() {
        match name {
            // They follow from the layers.
            "rootfs" | "history" => {}
            "config" => {
                for (name, text) in Members::parse(text.get().as_bytes())?.iter() {
                    execution.set_raw(name, text)?;
                }
            }
            name => config.set_raw(name, text)?,
        }
    }
    Ok(())
}

/// What is there is there as an empty object: a set, as Go writes it.
fn present(keys: &BTreeMap<String, bool>) -> BTreeMap<String, Option<Map<String, Value>>> {
    keys.iter().map(|(key, there)| (key.clone(), there.then(Map::new))).collect()
}

/// Sets and removes members of a member; those that are not named keep their text.
fn edit_map<T: Serialize>(
    execution: &mut Document<'_>,
    name: &str,
    changes: &BTreeMap<String, Option<T>>,
) -> Result<(), serde_json::Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let text = execution.get(name).map_or("{}", RawValue::get).to_owned();
    let text = if text == "null" { "{}" } else { text.as_str() };
    let mut map = Document::parse(text.as_bytes())?;
    for (key, value) in changes {
        match value {
            Some(value) => map.set(key, value)?,
            None => map.delete(key),
        }
    }
    let new = map.into_bytes();
    if new == b"{}" {
        execution.remove(name);
    } else if new != text.as_bytes() {
        execution.set_raw(name, serde_json::from_slice::<&RawValue>(&new)?)?;
    }
    Ok(())
}
