//! `login`: keep a registry's login, once the registry has accepted it.

use std::io::{BufRead, IsTerminal, Read};

use serde::Serialize;
use stevedore::reference::is_name_beginning;
use stevedore::registry::credentials::{self, Helpers, Kept};
use stevedore::registry::{Client, Credentials, Login};

use crate::cli::client::Common;
use crate::cli::flags::{Network, Side};
use crate::cli::report::Report;
use crate::cli::{Context, Error, Result, Ui, Usage, locations};

/// Log in to a registry
///
/// The registry is asked first; only a login that it accepts is kept, in the file of --authfile or $REGISTRY_AUTH_FILE, else in docker's
/// config.json, or in the credential helper that the file names.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The registry, or a namespace there
    #[arg(value_name = "HOST[/NAMESPACE]")]
    pub(crate) host: String,
    /// The name; asked for if not given
    #[arg(short, long)]
    username: Option<String>,
    /// The password; better read from standard input, where other users of the machine do not see it
    #[arg(short, long, conflicts_with = "password_stdin")]
    password: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Print the name that is logged in, and ask nothing
    #[arg(long, conflicts_with_all = ["username", "password", "password_stdin"])]
    get_login: bool,
    /// Keep the login in this file
    #[arg(long, value_name = "FILE")]
    authfile: Option<std::path::PathBuf>,
    /// Whether TLS with a valid certificate is required; false allows plain http and any certificate
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    tls_verify: Option<bool>,
    /// Take authorities (*.crt) and a client certificate (*.cert, *.key) from this folder
    #[arg(long, value_name = "DIR")]
    cert_dir: Option<std::path::PathBuf>,
    #[command(flatten)]
    network: Network,
}

const EXAMPLES: &str = "\
Examples:
  stevedore login registry.example.com
  echo \"$TOKEN\" | stevedore login --username me --password-stdin ghcr.io
  stevedore login --get-login docker.io";

/// A login that was kept or found; never with its secret.
#[derive(Debug, Serialize)]
struct LoggedIn {
    host: String,
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
}

/// Logs in.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let host = locations::host(&args.host);
    if !is_name_beginning(host) {
        let what = format!("{} is no registry's host", args.host);
        return Err(Usage::new(what, "write HOST, HOST:PORT with a port up to 65535, or HOST/NAMESPACE").into());
    }
    if args.get_login {
        return show(args, host, ui);
    }
    let file = ui.environment().credentials().login_file(args.authfile.as_deref());
    let file = file.ok_or_else(|| Usage::new("there is no home directory to keep credentials in", "use --authfile"))?;
    let username = args.username.clone().map_or_else(|| ask_name(host, ui), Ok)?;
    let password = args.password(&username)?;
    let login = Login::password(&username, password);
    check(args, host, &login, ui)?;
    let kept = credentials::store(&file, host, &login, &Helpers::default())
        .with_context(|| format!("{host} accepts the login, but it cannot be kept"))?;
    let kept = match kept {
        Kept::File => file.path.display().to_string(),
        Kept::Helper(name) => format!("docker-credential-{name}"),
    };
    ui.report(&LoggedIn { host: host.to_owned(), username, kept: Some(kept) })
}

/// Asks the registry, with the password in hand and no file looked at.
fn check(args: &Args, host: &str, login: &Login, ui: &Ui) -> Result<()> {
    let side = Side {
        login: Some(login.clone()),
        tls_verify: args.tls_verify,
        cert_dir: args.cert_dir.clone(),
        ..Side::default()
    };
    let registry = Common::new(&args.network, None, ui)?.registry(&side)?;
    let (name, _) = host.split_once('/').unwrap_or((host, ""));
    Client::new(registry).check_login(name, &ui.watch()?)?;
    Ok(())
}

/// Prints who is logged in.
fn show(args: &Args, host: &str, ui: &Ui) -> Result<()> {
    let files = ui.environment().credentials().files(args.authfile.as_deref(), Helpers::default());
    let (name, namespace) = host.split_once('/').unwrap_or((host, ""));
    let login = files.find(name, namespace)?;
    let username = match login {
        Some(Login::Password { username, .. }) => username,
        Some(_) => "<token>".to_owned(),
        None => return Err(nobody(host, &files.places())),
    };
    ui.report(&LoggedIn { host: host.to_owned(), username, kept: None })
}

fn nobody(host: &str, places: &[String]) -> Error {
    stevedore::transport::Error::NotFound {
        what: format!("a login for {host}"),
        place: places.join(", "),
        source: None,
    }
    .into()
}

fn ask_name(host: &str, ui: &Ui) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(Usage::new("no name was given", "use --username and --password-stdin").into());
    }
    ui.ask(&format!("Username for {host}: "));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the name")?;
    Ok(line.trim().to_owned())
}

/// Passwords are short; a file redirected by mistake is not read whole.
const MAX_PASSWORD: u64 = 64 * 1024;

impl Args {
    fn password(&self, username: &str) -> Result<String> {
        if let Some(password) = &self.password {
            return Ok(password.clone());
        }
        if self.password_stdin {
            let mut password = String::new();
            std::io::stdin()
                .lock()
                .take(MAX_PASSWORD)
                .read_to_string(&mut password)
                .context("cannot read the password")?;
            return Ok(password.trim_end_matches(['\r', '\n']).to_owned());
        }
        if !std::io::stdin().is_terminal() {
            return Err(Usage::new("no password was given", "use --password-stdin").into());
        }
        rpassword::prompt_password(format!("Password for {username}: ")).context("cannot read the password")
    }
}

impl Report for LoggedIn {
    fn text(&self) -> String {
        match &self.kept {
            Some(kept) => format!("{} is logged in to {}; kept in {kept}\n", self.username, self.host),
            None => format!("{}\n", self.username),
        }
    }
}
