//! `serve`: a registry on a directory.

mod access_flags;
mod collection;
mod listen;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use clap::ValueEnum;
use serde::Serialize;
use stevedore::error_chain::with_causes;
use stevedore::http::{self, Address, ErrorThrottle, Handler, Listener, Server, Tls, TlsFiles};
use stevedore::server::{
    self, AccessLine, AuditLog, Front, FrontOptions, Guard, Health, Metrics, Readiness, Registry, StaticTree, Storage,
};
use stevedore::store;

use crate::cli::report::Report;
use crate::cli::units::size;
use crate::cli::{Context, Result, Ui, interrupt, output};
use access_flags::AccessFlags;
use collection::CollectionFlags;
use listen::ListenAddress;

/// Run a registry on a directory
///
/// Everyone may pull; nobody may push or delete unless --anonymous-push, --htpasswd or --policy says so. /healthz answers while the server
/// runs, and /metrics has numbers for Prometheus. The first SIGTERM or Ctrl-C lets running requests finish for up to 10 seconds, the second
/// ends the process at once. The files named here are read again when they change.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    place: PlaceArgs,
    /// Where to listen: IP:PORT, NAME:PORT, :PORT for all addresses, or unix:PATH; port 0 is any that is free (repeatable) [default: the
    /// sockets of systemd, or 127.0.0.1:5000]
    #[arg(long, value_name = "ADDRESS")]
    addr: Vec<ListenAddress>,
    /// Answer /metrics, and /healthz and /readyz too, on an address of their own, by plain http; /metrics nowhere else
    #[arg(long, value_name = "ADDRESS")]
    metrics_addr: Option<ListenAddress>,
    /// Refuse all that writes
    #[arg(long)]
    read_only: bool,
    /// Take manifests whose blobs and children are not there
    #[arg(long, conflicts_with = "tree")]
    allow_sparse: bool,
    /// Serve below this path, as in /registry, as well
    #[arg(long, value_name = "PATH", value_parser = base_path, default_value = "", hide_default_value = true)]
    base_path: String,
    /// Take as many connections at the same time; each has a thread [default: (limit of open files - 128) / 2, from 512 to 4096]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,
    /// Take as many connections of one address at the same time; with --behind-proxy, as many requests of one client
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections_per_address: Option<u32>,
    /// Take no blob that is larger, as in 20GB [default: any that fits]
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "tree")]
    max_blob_size: Option<u64>,
    /// Take no manifest that is larger; at most 64MiB
    #[arg(long, value_name = "SIZE", value_parser = manifest_size, default_value = "4MiB", conflicts_with = "tree")]
    max_manifest_size: u64,
    /// Follow symbolic links to folders of repositories that lead below this directory, too (repeatable)
    #[arg(long, value_name = "DIR", conflicts_with = "tree")]
    follow_links: Vec<PathBuf>,
    /// How to tell of each request on standard error
    #[arg(long, value_name = "FORM", default_value = "plain")]
    access_log: LogForm,
    /// Append a JSON object for each request that writes, or tried to, to this file; it may be renamed meanwhile
    #[arg(long, value_name = "FILE")]
    audit_log: Option<PathBuf>,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    access: AccessFlags,
    #[command(flatten)]
    collection: CollectionFlags,
}

/// What is served.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
struct PlaceArgs {
    /// Serve this directory, new or of registry:2
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Serve this tree of static:, as deploy makes it, read-only
    #[arg(long = "static", value_name = "DIR")]
    tree: Option<PathBuf>,
}

/// Encryption.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "TLS")]
struct TlsArgs {
    /// Use https with this certificate, those that lead to an authority behind it (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let only clients in that have a certificate of these authorities (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
}

/// How requests are told, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogForm {
    /// A line for people
    Plain,
    /// A JSON object a line
    Json,
    /// Not at all
    None,
}

const EXAMPLES: &str = "\
Examples:
  stevedore serve --store /var/lib/stevedore --anonymous-push
  stevedore serve --store /var/lib/stevedore --addr 0.0.0.0:5000 --htpasswd users --tls-cert cert.pem --tls-key key.pem
  stevedore serve --static ./public";

/// How long the process goes on after the grace of running requests: a handler may hang on something else than its client.
const MARGIN: Duration = Duration::from_secs(2);

/// What a server says when it starts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started<'a> {
    address: String,
    addresses: Vec<String>,
    url: String,
    place: &'a Path,
    read_only: bool,
    access: &'a str,
}

/// Serves until a signal comes.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let guard = Arc::new(args.access.guard(args.place.token_key(args.read_only), &args.base_path)?);
    let metrics = Arc::new(Metrics::default());
    let (registry, readiness) = args.registry(&guard, &metrics)?;
    let per_client = args.max_connections_per_address.map(count).filter(|_| guard.is_behind_proxy());
    let front = Front::new(
        registry,
        FrontOptions {
            base_path: args.base_path.clone(),
            read_only: args.read_only,
            guard: Some(Arc::clone(&guard)),
            metrics: Arc::clone(&metrics),
            without_metrics: args.metrics_addr.is_some(),
            readiness: readiness.clone(),
            requests_per_client: per_client,
        },
    );
    let listeners = args.listen()?;
    let addresses = listeners.iter().map(Listener::address).collect::<io::Result<Vec<_>>>()?;
    let options = args.options(&metrics)?;
    let (secure, grace) = (options.tls.is_some(), options.grace);
    let server = serving(listeners, options)?;
    let aside = args.metrics_addr.as_ref().map(|address| serving(vec![address.listen()?], http::Options::default()));
    let aside = aside.transpose()?;
    metrics.count_connections(server.counters());
    let (first, second) = (server.stopper(), server.stopper());
    interrupt::on_signals(grace + MARGIN, move || first.stop(), move || second.cut())?;
    args.announce(ui, &addresses, secure, &guard)?;
    let health = Health::new(metrics, readiness);
    thread::scope(|scope| {
        if let Some(aside) = &aside {
            thread::Builder::new().name("metrics".into()).spawn_scoped(scope, || aside.run(&health))?;
        }
        server.run(&front);
        if let Some(aside) = &aside {
            aside.stopper().cut();
        }
        Ok::<_, io::Error>(())
    })?;
    args.addr.iter().chain(&args.metrics_addr).for_each(ListenAddress::clean_up);
    Ok(())
}

/// Makes a server of all the listeners.
fn serving(listeners: Vec<Listener>, options: http::Options) -> Result<Server> {
    let mut listeners = listeners.into_iter();
    let first = listeners.next().ok_or(io::Error::other("there is nowhere to listen"))?;
    Ok(listeners.try_fold(Server::new(first, options)?, Server::also)?)
}

/// Returns how many connections are taken unless a flag says so: each needs a file, and an upload or download another one.
fn default_connections() -> usize {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    connections_for(files)
}

fn connections_for(files: Option<u64>) -> usize {
    let fitting = files.map_or(u64::MAX, |files| files.saturating_sub(128) / 2);
    usize::try_from(fitting.clamp(512, 4096)).unwrap_or(512)
}

impl Args {
    /// Returns what an error is about.
    pub(crate) fn reference(&self) -> String {
        self.place.path().display().to_string()
    }

    /// Listens wherever that was asked for, and on what systemd has opened.
    fn listen(&self) -> Result<Vec<Listener>> {
        let mut listeners = listen::inherited()?;
        let default = (listeners.is_empty() && self.addr.is_empty()).then_some(ListenAddress::DEFAULT);
        for address in self.addr.iter().chain(&default) {
            listeners.push(address.listen()?);
        }
        Ok(listeners)
    }

    fn connections(&self) -> usize {
        self.max_connections.map_or_else(default_connections, count)
    }

    /// Opens what is served; returns also what says whether it can be.
    fn registry(&self, guard: &Arc<Guard>, metrics: &Arc<Metrics>) -> Result<(Arc<dyn Handler>, Option<Readiness>)> {
        let Some(store) = &self.place.store else {
            let tree = self.place.path();
            let opened = StaticTree::open(tree, Arc::clone(guard) as _);
            let opened = opened.with_context(|| format!("cannot open {}", tree.display()))?;
            let failures = Failures::default();
            let tree = opened.reporting(Box::new(move |error| tell(&failures, error.kind(), error)));
            return Ok((Arc::new(tree), None));
        };
        let mut storage = if self.read_only { Storage::open_existing(store)? } else { Storage::open(store)? };
        for folder in &self.follow_links {
            storage.follow_links(folder)?;
        }
        for error in storage.obstacles()? {
            output::line(&format!("stevedore: {error}: requests for it are answered 503, and no garbage is collected"));
        }
        // The other half of the connections is for those who read.
        storage.limit_waiting(self.connections() / 2);
        let storage = Arc::new(storage);
        metrics.measure(Arc::clone(&storage));
        if !self.read_only {
            self.collection.start(&storage, metrics)?;
        }
        let mut options = server::Options::new(Arc::clone(guard) as _);
        options.read_only = self.read_only;
        options.allow_sparse = self.allow_sparse;
        options.blob_limit = self.max_blob_size;
        options.manifest_limit = self.max_manifest_size;
        let failures = Failures::default();
        options.report = Arc::new(move |error| tell(&failures, kind(error), error));
        let ready = Arc::clone(&storage);
        let readiness: Readiness = Arc::new(move || ready.check().map_err(|error| with_causes(&error)));
        Ok((Arc::new(Registry::new(storage, options)), Some(readiness)))
    }

    fn is_read_only(&self) -> bool {
        self.read_only || self.place.tree.is_some()
    }

    fn options(&self, metrics: &Arc<Metrics>) -> Result<http::Options> {
        let mut options = http::Options::default();
        options.connections = self.connections();
        options.reserved_connections = (options.connections / 16).clamp(4, 64);
        options.urgency = server::urgency_of;
        // All connections of a proxy are of one address: there, the requests of each client count.
        let is_direct = !self.access.behind_proxy;
        options.connections_per_address = self.max_connections_per_address.map(count).filter(|_| is_direct);
        options.tls = self.tls.open()?;
        let metrics = Arc::clone(metrics);
        let form = self.access_log;
        let open = |path: &PathBuf| AuditLog::open(path).with_context(|| format!("cannot open {}", path.display()));
        let audit = self.audit_log.as_ref().map(open).transpose()?;
        let failures = Failures::default();
        options.on_response = Some(Box::new(move |record| {
            metrics.observe(record);
            let line = AccessLine::new(record, SystemTime::now());
            if let Some(audit) = audit.as_ref().filter(|_| line.is_write())
                && let Err(error) = audit.append(&line.json())
            {
                let told = io::Error::new(error.kind(), format!("the audit log misses a request: {error}"));
                tell(&failures, error.kind(), &told);
            }
            match form {
                LogForm::Plain => output::line(&line.to_string()),
                LogForm::Json => output::line(&line.json()),
                LogForm::None => {}
            }
        }));
        options.on_trouble = Some(Box::new(|trouble| output::line(&format!("stevedore: {trouble}"))));
        Ok(options)
    }

    /// Says where the server is and who may push: on standard error, or as the result when that is to be JSON.
    fn announce(&self, ui: &Ui, addresses: &[Address], secure: bool, guard: &Guard) -> Result<()> {
        let is_open = !secure && !guard.is_behind_proxy() && self.addr.iter().any(ListenAddress::is_public);
        if is_open && guard.takes_logins() {
            let remedy = "use --tls-cert and --tls-key, or a proxy with --behind-proxy";
            output::line(&format!("stevedore: passwords and tokens travel unencrypted to other machines: {remedy}"));
        }
        let is_ip = |address: &&Address| matches!(address, Address::Ip(_));
        let address = addresses.iter().find(is_ip).or(addresses.first()).map(ToString::to_string).unwrap_or_default();
        let scheme = if secure { "https" } else { "http" };
        let access = if self.is_read_only() { "read-only" } else { guard.summary() };
        let started = Started {
            url: match address.strip_prefix("unix:") {
                Some(path) => format!("{scheme}+unix://{path}"),
                None => format!("{scheme}://{address}{}/v2/", self.base_path),
            },
            address,
            addresses: addresses.iter().map(ToString::to_string).collect(),
            place: self.place.path(),
            read_only: self.is_read_only(),
            access,
        };
        if ui.wants_json() {
            return ui.report(&started);
        }
        ui.summary(started.text().trim_end());
        Ok(())
    }
}

impl Report for Started<'_> {
    fn text(&self) -> String {
        let others: String =
            self.addresses.iter().filter(|other| **other != self.address).map(|other| format!(", {other}")).collect();
        format!("serving {} on {}{others}: {}\n", self.place.display(), self.url, self.access)
    }
}

impl PlaceArgs {
    fn path(&self) -> &Path {
        let path = self.store.as_ref().or(self.tree.as_ref());
        path.expect("the group requires one of them")
    }

    /// Returns where the key of tokens is kept. Never in a tree, which other servers may show to everyone, and not made where nothing is to
    /// be written.
    fn token_key(&self, read_only: bool) -> Option<PathBuf> {
        let path = self.store.as_ref().map(|store| store.join("token.key"));
        path.filter(|path| !read_only || path.exists())
    }
}

impl TlsArgs {
    fn open(&self) -> Result<Option<Tls>> {
        let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let mut files = TlsFiles::new(certificate, key);
        files.client_authority.clone_from(&self.tls_client_ca);
        Ok(Some(Tls::open(files)?))
    }
}

/// Reads a size of a manifest.
fn manifest_size(text: &str) -> Result<u64, &'static str> {
    size(text).and_then(|size| if size <= server::MAX_MANIFEST { Ok(size) } else { Err("at most 64MiB") })
}

/// Returns a number as that of things in memory.
fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Failures of the storage that were reported lately: a full disk fails every push.
type Failures = ErrorThrottle<io::ErrorKind, String>;

/// Reports a failure of the storage on standard error.
fn tell(failures: &Failures, kind: io::ErrorKind, error: &dyn std::error::Error) {
    failures.report(kind, with_causes(error), Instant::now(), |failure| output::line(&format!("stevedore: {failure}")));
}

/// Returns what kind of failure it is, whatever it is about.
fn kind(error: &store::Error) -> io::ErrorKind {
    if let store::Error::Io { source, .. } = error { source.kind() } else { io::ErrorKind::Other }
}

/// Reads a prefix of paths: made of what needs no escape, and without a slash at its end.
fn base_path(text: &str) -> Result<String, &'static str> {
    let path = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-/".contains(&byte);
    let is_path = path.is_empty() || path.starts_with('/') && !path.contains("//") && path.bytes().all(plain);
    if !is_path || path.split('/').any(|part| part == ".." || part == ".") {
        return Err("expected a path such as /registry");
    }
    // Requests without the prefix are answered too: with this one, nobody could tell which are.
    if path.split('/').nth(1) == Some("v2") {
        return Err("/v2 is where every registry is; expected a path such as /registry");
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn parse(flags: &[&str]) -> Result<Args, clap::Error> {
        cli::flags_of(&[&["serve"], flags].concat())
    }

    #[test]
    fn there_is_one_place() {
        assert_eq!(parse(&["--store", "d"]).expect("parses").reference(), "d");
        assert!(parse(&["--static", "d"]).expect("parses").is_read_only());
        assert!(parse(&[]).is_err() && parse(&["--store", "d", "--static", "e"]).is_err());
    }

    #[test]
    fn what_excludes_each_other() {
        for flags in [
            &["--anonymous-push", "--policy=p"][..],
            &["--tls-cert=c"],
            &["--tls-client-ca=c"],
            &["--token-issuer=i"],
            &["--max-connections=0"],
            &["--addr=5000"],
            &["--metrics-addr=localhost"],
            &["--base-path=r"],
        ] {
            assert!(parse(&[&["--store=d"], flags].concat()).is_err(), "{flags:?}");
        }
    }

    #[test]
    fn as_many_connections_as_files_allow() {
        for (files, connections) in
            [(Some(0), 512), (Some(1024), 512), (Some(2128), 1000), (Some(1 << 20), 4096), (None, 4096)]
        {
            assert_eq!(connections_for(files), connections, "{files:?}");
        }
    }

    #[test]
    fn prefixes() {
        for (text, path) in [("", Ok("")), ("/", Ok("")), ("/r", Ok("/r")), ("/r/s/", Ok("/r/s")), ("/v20", Ok("/v20"))]
        {
            assert_eq!(base_path(text).as_deref(), path);
        }
        for text in ["r", "/a//b", "/a b", "/..", "/a/./b", "/a\"", "/%2f", "/v2", "/v2/", "/v2/r"] {
            assert!(base_path(text).is_err(), "{text}");
        }
    }
}
