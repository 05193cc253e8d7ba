//! From flags and environment to the options of places: registry clients, streams, folders.

use std::path::PathBuf;
use std::sync::Arc;

use stevedore::registry::credentials::Helpers;
use stevedore::registry::{self, Anonymous, Client, Host, Identity, PlainHttp, Rule};
use stevedore::transport::{ArchivePath, Options, Place};

use super::failure::Usage;
use super::flags::{Network, Side, Work};
use super::{Result, Ui, output, rules};

/// What the sides of a verb have in common.
pub(crate) struct Common<'a> {
    /// How to talk to registries.
    pub(crate) network: &'a Network,
    /// How much at once, and where temporary files go.
    pub(crate) work: Option<&'a Work>,
}

impl Common<'_> {
    /// Makes the options for one side.
    ///
    /// # Errors
    /// When the system has no more threads or files.
    pub(crate) fn options(&self, side: &Side, ui: &Ui) -> Result<Options> {
        let watch = ui.watch()?;
        Ok(Options {
            client: Client::new(self.registry(side, ui)?),
            scratch: Some(self.scratch()),
            state: ui.state(),
            resume: self.work.is_none_or(|work| !work.no_resume),
            watch,
            ..Options::default()
        })
    }

    /// Makes the options for the other side: the same client, connections and tokens where nothing tells the sides apart.
    ///
    /// # Errors
    /// When the rules about registries cannot be read.
    pub(crate) fn other(&self, options: &Options, side: &Side, other: &Side, ui: &Ui) -> Result<Options> {
        Ok(self.other_under(self.rules(ui)?, options, side, other, ui))
    }

    /// Does the same with rules that were read before.
    pub(crate) fn other_under(
        &self,
        rules: Vec<Rule>,
        options: &Options,
        side: &Side,
        other: &Side,
        ui: &Ui,
    ) -> Options {
        let client =
            if side == other { options.client.clone() } else { Client::new(self.registry_under(rules, other, ui)) };
        Options { client, ..options.clone() }
    }

    /// Reads the rules about registries.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn rules(&self, ui: &Ui) -> Result<Vec<Rule>> {
        rules::read(&ui.environment().rules(self.network.registries_conf.as_deref())?)
    }

    fn scratch(&self) -> PathBuf {
        self.work.and_then(|work| work.scratch.clone()).unwrap_or_else(std::env::temp_dir)
    }

    /// Makes the options of a registry client.
    ///
    /// # Errors
    /// When the rules about registries cannot be read.
    pub(crate) fn registry(&self, side: &Side, ui: &Ui) -> Result<registry::Options> {
        Ok(self.registry_under(self.rules(ui)?, side, ui))
    }

    fn registry_under(&self, rules: Vec<Rule>, side: &Side, ui: &Ui) -> registry::Options {
        let environment = ui.environment();
        let mut options = registry::Options { host: self.host(side), login: side.login.clone(), ..Default::default() };
        environment.apply(&mut options);
        options.credentials = if side.anonymous {
            Arc::new(Anonymous)
        } else {
            Arc::new(environment.credentials().files(side.authfile.as_deref(), Helpers::default()))
        };
        options.rules = rules;
        if side.tls_verify == Some(true) {
            rules::require_tls(&mut options.rules);
        }
        if let Some(retries) = self.network.retry_times {
            options.retries = retries;
        }
        if let Some(silence) = self.network.silence() {
            options.read_timeout = silence;
        }
        options.requests_per_second = self.network.requests_per_second;
        if let Some(work) = self.work {
            options.jobs = work.jobs.get();
        }
        options
    }

    fn host(&self, side: &Side) -> Host {
        let insecure = side.tls_verify == Some(false);
        let identity = self.network.tls_cert.clone().zip(self.network.tls_key.clone());
        Host {
            plain_http: if insecure { PlainHttp::Allowed } else { PlainHttp::Loopback },
            skip_verify: insecure,
            authorities: self.network.tls_ca.clone(),
            identity: identity.map(|(certificate, key)| Identity { certificate, key }),
            cert_dirs: side.cert_dir.iter().cloned().collect(),
        }
    }
}

/// Gives an archive at `-` its stream; says whether the destination takes standard output for itself.
///
/// # Errors
/// When the archive would go to a terminal.
pub(crate) fn attach_streams(source: &Place, destination: Option<&Place>, options: &mut Options) -> Result<bool> {
    if is_standard(source) {
        options.input = Some(output::archive_input()?);
    }
    let takes_output = destination.is_some_and(is_standard);
    if takes_output {
        if output::is_terminal() {
            let hint = "send standard output to a file or a pipe, or name the file instead of -";
            return Err(Usage::new("an archive is not written to a terminal", hint).into());
        }
        options.output = Some(output::archive_output()?);
    }
    Ok(takes_output)
}

fn is_standard(place: &Place) -> bool {
    matches!(place, Place::OciArchive(ArchivePath::Standard) | Place::DockerArchive(ArchivePath::Standard))
}
