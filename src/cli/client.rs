//! From flags and environment to the options of places: registry clients, streams, folders.

use std::num::NonZeroUsize;
use std::sync::Arc;

use stevedore::registry::credentials::Helpers;
use stevedore::registry::{self, Anonymous, Client, Host, Identity, Observer, PlainHttp};
use stevedore::transport::{ArchivePath, LazyClient, Options, Place, Source};

use super::environment::Environment;
use super::failure::Usage;
use super::flags::{Image, Network, Registries, Registry, Side, Work};
use super::{Error, Result, Ui, output, rules};

/// What the sides of a verb have in common.
pub(crate) struct Common<'a> {
    /// How to talk to registries.
    network: &'a Network,
    /// How much at once, and where temporary files go.
    work: Option<&'a Work>,
    /// Who hears of every request.
    observer: Option<Arc<dyn Observer>>,
}

impl<'a> Common<'a> {
    /// Takes what the flags say.
    ///
    /// # Errors
    /// When the file that requests are to be written to cannot be opened.
    pub(crate) fn new(network: &'a Network, work: Option<&'a Work>, ui: &Ui) -> Result<Self> {
        Ok(Self { network, work, observer: ui.observer()? })
    }

    /// Makes the options for one side. The registries' configuration is read when a registry is first opened.
    ///
    /// # Errors
    /// When the system has no more threads or files.
    pub(crate) fn options(&self, side: &Side, ui: &Ui) -> Result<Options> {
        let watch = ui.watch()?;
        Ok(Options {
            client: self.client(side),
            scratch: Some(self.work.map_or_else(std::env::temp_dir, Work::scratch)),
            state: ui.state(),
            resume: self.work.is_none_or(|work| !work.no_resume),
            watch,
            ..Options::default()
        })
    }

    /// Makes the options for the other side: the same client, connections and tokens where nothing tells the sides apart.
    pub(crate) fn other(&self, options: &Options, side: &Side, other: &Side) -> Options {
        let client = if side == other { options.client.clone() } else { self.client(other) };
        Options { client, ..options.clone() }
    }

    fn client(&self, side: &Side) -> LazyClient {
        let (network, jobs, side) = (self.network.clone(), self.work.map(|work| work.jobs), side.clone());
        let observer = self.observer.clone();
        LazyClient::new(move || {
            let options = configuration(&network, jobs, &side).map_err(Error::into_classified)?;
            Ok(Client::new(registry::Options { observer: observer.clone(), ..options }))
        })
    }

    /// Makes the options of a registry client.
    ///
    /// # Errors
    /// When the rules about registries cannot be read.
    pub(crate) fn registry(&self, side: &Side) -> Result<registry::Options> {
        let options = configuration(self.network, self.work.map(|work| work.jobs), side)?;
        Ok(registry::Options { observer: self.observer.clone(), ..options })
    }
}

impl Registry {
    /// Makes the options of the place, without streams.
    ///
    /// # Errors
    /// When the system has no more threads or files.
    pub(crate) fn options(&self, work: Option<&Work>, ui: &Ui) -> Result<Options> {
        Common::new(&self.network, work, ui)?.options(&Side::from(&self.only), ui)
    }

    /// Makes the options of a place that is read, which may be an archive at `-`.
    ///
    /// # Errors
    /// As [`options`](Self::options).
    pub(crate) fn reading(&self, place: &Place, work: Option<&Work>, ui: &Ui) -> Result<Options> {
        let mut options = self.options(work, ui)?;
        attach_streams(place, None, &mut options)?;
        Ok(options)
    }
}

impl Image {
    /// Opens the image's place, which may be an archive at `-`.
    ///
    /// # Errors
    /// Those of [`Registry::options`] and of the place.
    pub(crate) fn open(&self, ui: &Ui) -> Result<(Box<dyn Source>, Options)> {
        let options = self.registry.reading(&self.reference.place, None, ui)?;
        Ok((self.reference.place.open_source(&options)?, options))
    }
}

impl Registries {
    /// Makes the options of both places with their streams; says whether the destination takes standard output for itself.
    ///
    /// # Errors
    /// When the system has no more threads or files, or an archive would go to a terminal.
    pub(crate) fn options(
        &self,
        work: &Work,
        source: &Place,
        destination: &Place,
        ui: &Ui,
    ) -> Result<(Options, Options, bool)> {
        let common = Common::new(&self.network, Some(work), ui)?;
        let [src, dest] = self.sides();
        let mut from = common.options(&src, ui)?;
        let takes_output = attach_streams(source, Some(destination), &mut from)?;
        let to = common.other(&from, &src, &dest);
        Ok((from, to, takes_output))
    }
}

/// Reads what configures a registry client.
fn configuration(network: &Network, jobs: Option<NonZeroUsize>, side: &Side) -> Result<registry::Options> {
    let environment = Environment::read();
    let mut options = registry::Options { host: host(network, side), login: side.login.clone(), ..Default::default() };
    environment.apply(&mut options);
    options.credentials = if side.anonymous {
        Arc::new(Anonymous)
    } else {
        Arc::new(environment.credentials().files(side.authfile.as_deref(), Helpers::default()))
    };
    options.rules = rules::read(&environment.rules(network.reach.registries_conf.as_deref())?)?;
    if side.tls_verify == Some(true) {
        rules::require_tls(&mut options.rules);
    }
    if let Some(retries) = network.reach.retry_times {
        options.retries = retries;
    }
    if let Some(silence) = network.reach.silence() {
        options.read_timeout = silence;
    }
    options.requests_per_second = network.requests_per_second;
    options.bandwidth = network.reach.limit_rate.clone();
    if let Some(jobs) = jobs {
        options.jobs = jobs.get();
    }
    Ok(options)
}

fn host(network: &Network, side: &Side) -> Host {
    let insecure = side.tls_verify == Some(false);
    let identity = network.tls_cert.clone().zip(network.tls_key.clone());
    Host {
        plain_http: match side.tls_verify {
            // What is said outright goes before the default for this machine.
            Some(true) => PlainHttp::Never,
            Some(false) => PlainHttp::Allowed,
            None => PlainHttp::Loopback,
        },
        skip_verify: insecure,
        authorities: network.reach.tls_ca.clone(),
        identity: identity.map(|(certificate, key)| Identity { certificate, key }),
        cert_dirs: side.cert_dir.iter().cloned().collect(),
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
