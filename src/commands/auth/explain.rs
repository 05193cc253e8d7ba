//! `auth explain`: what is known about getting into a registry, without asking it.

use serde::Serialize;
use stevedore::registry::credentials::{Files, Finding, Helpers, Outcome};
use stevedore::registry::{Login, Options, Route};

use crate::cli::client::Common;
use crate::cli::flags::{Network, Only, Side};
use crate::cli::report::{Report, table};
use crate::cli::{Result, Ui, locations};

/// Explain which file, key, helper, mirror, scheme, certificates and proxy apply to a registry
///
/// The registry is not asked, but credential helpers are. No secret is printed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The registry, or a repository there
    #[arg(value_name = "HOST[/REPOSITORY]")]
    pub(super) name: String,
    #[command(flatten)]
    only: Only,
    #[command(flatten)]
    network: Network,
}

const EXAMPLES: &str = "\
Examples:
  stevedore auth explain docker.io
  stevedore auth explain --json registry.example.com/team/app";

/// What applies to a registry.
#[derive(Debug, Serialize)]
struct Explanation {
    host: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    repository: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RuleView>,
    routes: Vec<RouteView>,
    /// None for nobody.
    login: Option<LoginView>,
    places: Vec<PlaceView>,
}

#[derive(Debug, Serialize)]
struct RuleView {
    file: String,
    prefix: String,
    blocked: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteView {
    host: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    repository: String,
    mirror: bool,
    urls: Vec<String>,
    skip_verify: bool,
    authorities: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
}

#[derive(Debug, Serialize)]
struct LoginView {
    /// `password`, `identitytoken` or `registrytoken`, as in the files.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    from: String,
}

#[derive(Debug, Serialize)]
struct PlaceView {
    place: String,
    /// `missing`, `nothing`, `entry`, `helper` or `failed`.
    finding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Explains.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<()> {
    ui.report(&args.explanation(ui)?)
}

impl Args {
    fn explanation(&self, ui: &Ui) -> Result<Explanation> {
        let side = Side::from(&self.only);
        let options = Common::new(&self.network, None, ui)?.registry(&side)?;
        let (host, repository) = locations::parts(locations::host(&self.name));
        let files = ui.environment().credentials().files(side.authfile.as_deref(), Helpers::default());
        let (login, places) = login(&side, &files, &host, &repository);
        let rule = options.rule(&host, &repository).map(|rule| RuleView {
            file: rule.place.clone(),
            prefix: rule.prefix.clone(),
            blocked: rule.blocked,
        });
        let routes = routes(&options, &host, &repository)?;
        Ok(Explanation { host, repository, rule, routes, login, places })
    }
}

fn routes(options: &Options, host: &str, repository: &str) -> Result<Vec<RouteView>> {
    let view = |route: Route| RouteView {
        host: route.host,
        repository: route.repository,
        mirror: route.is_mirror,
        urls: route.urls,
        skip_verify: route.skip_verify,
        authorities: route.authorities.iter().map(|path| path.display().to_string()).collect(),
        certificate: route.identity.map(|identity| identity.certificate.display().to_string()),
        proxy: route.proxy,
    };
    Ok(options.routes(host, repository)?.into_iter().map(view).collect())
}

/// Finds the login that would be used: the one given, or the first that a place has before one that cannot tell.
fn login(side: &Side, files: &Files, host: &str, repository: &str) -> (Option<LoginView>, Vec<PlaceView>) {
    if let Some(given) = &side.login {
        return (Some(view(given, "the command line".to_owned())), Vec::new());
    }
    if side.anonymous {
        return (None, Vec::new());
    }
    let findings = files.explain(host, repository);
    let decisive = findings.iter().find(|finding| !matches!(finding.outcome, Outcome::Missing | Outcome::Nothing));
    let login = decisive.and_then(|finding| match &finding.outcome {
        Outcome::Entry { login, .. } | Outcome::Helper { login, .. } => Some(view(login, finding.to_string())),
        _ => None,
    });
    (login, findings.iter().map(place).collect())
}

fn view(login: &Login, from: String) -> LoginView {
    let (kind, username) = match login {
        Login::Password { username, .. } => ("password", Some(username.clone())),
        Login::IdentityToken { .. } => ("identitytoken", None),
        _ => ("registrytoken", None),
    };
    LoginView { kind, username, from }
}

fn place(finding: &Finding) -> PlaceView {
    let (name, detail) = match &finding.outcome {
        Outcome::Missing => ("missing", None),
        Outcome::Nothing => ("nothing", None),
        Outcome::Entry { key, .. } => ("entry", Some(key.clone())),
        Outcome::Helper { name, .. } => ("helper", Some(format!("docker-credential-{name}"))),
        Outcome::Failed(error) => ("failed", Some(error.to_string())),
        _ => ("other", None),
    };
    PlaceView { place: finding.place.clone(), finding: name, detail }
}

impl Report for Explanation {
    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(RuleView { file, prefix, blocked }) = &self.rule {
            let effect = if *blocked { "blocks" } else { "has a rule for" };
            text.push_str(&format!("{file} {effect} {prefix}\n\n"));
        }
        for route in &self.routes {
            text.push_str(&route.text());
        }
        text.push_str(&match &self.login {
            Some(LoginView { kind, username: Some(name), from }) => format!("\nLogin  {name} ({kind}), {from}\n"),
            Some(LoginView { kind, from, .. }) => format!("\nLogin  {kind}, {from}\n"),
            None => "\nLogin  none\n".to_owned(),
        });
        let row = |place: &PlaceView| {
            vec![place.place.clone(), place.finding.to_owned(), place.detail.clone().unwrap_or_default()]
        };
        text.push_str(&table(&self.places.iter().map(row).collect::<Vec<_>>()));
        text
    }
}

impl RouteView {
    fn text(&self) -> String {
        let kind = if self.mirror { "Mirror" } else { "Registry" };
        let slash = if self.repository.is_empty() { "" } else { "/" };
        let mut rows = vec![vec!["URL".to_owned(), self.urls.join(", else ")]];
        if self.skip_verify {
            rows.push(vec!["Certificate".to_owned(), "any is taken".to_owned()]);
        }
        rows.extend(self.authorities.iter().map(|path| vec!["Authority".to_owned(), path.clone()]));
        rows.extend(self.certificate.iter().map(|path| vec!["Own certificate".to_owned(), path.clone()]));
        rows.extend(self.proxy.iter().map(|proxy| vec!["Proxy".to_owned(), proxy.clone()]));
        format!("{kind}  {}{slash}{}\n{}", self.host, self.repository, table(&rows))
    }
}
