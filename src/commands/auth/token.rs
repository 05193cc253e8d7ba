//! `auth token`: a bearer token for other programs.

use std::str::FromStr;

use serde::Serialize;
use stevedore::class::{Class, Classified, Diagnosis};
use stevedore::reference::Repository;
use stevedore::registry::{Client, Token};

use crate::cli::client::Common;
use crate::cli::flags::{Registry, Side};
use crate::cli::report::Report;
use crate::cli::{Result, Ui};

/// What a token may allow.
const ACTIONS: [&str; 4] = ["pull", "push", "delete", "*"];

/// Print a bearer token for a repository
///
/// The token goes to standard output, and whoever has it may do what it allows until it expires. It is asked for with the login that the
/// other verbs use.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The repository, and what the token is to allow: pull, push, delete, *, with commas between them [default: pull]
    #[arg(value_name = "REPOSITORY[:ACTIONS]")]
    pub(super) repository: Wanted,
    /// Allow to push and to pull
    #[arg(long)]
    push: bool,
    /// Allow to read from this repository of the same registry as well, to mount blobs from it
    #[arg(short, long, value_name = "REPOSITORY")]
    mount: Vec<Repository>,
    /// Print a header, Authorization: Bearer TOKEN
    #[arg(short = 'H', long)]
    header: bool,
    #[command(flatten)]
    registry: Registry,
}

const EXAMPLES: &str = "\
Examples:
  stevedore auth token alpine
  curl -H \"$(stevedore auth token -H ghcr.io/owner/app)\" https://ghcr.io/v2/owner/app/tags/list
  stevedore auth token --json registry.example.com/team/app:pull,delete";

/// A repository and what is to be done to it, as typed.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) name: String,
    repository: Repository,
    actions: Vec<String>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix("docker://").unwrap_or(text);
        let (name, actions) = match bare.rsplit_once(':').filter(|(_, rest)| !rest.contains('/')) {
            Some((name, actions)) => (name, actions.split(',').map(str::to_owned).collect()),
            None => (bare, Vec::new()),
        };
        if let Some(odd) = actions.iter().find(|action| !ACTIONS.contains(&action.as_str())) {
            return Err(format!("{odd:?} is nothing that a token allows; write pull, push, delete or *"));
        }
        let repository = name.parse::<Repository>().map_err(|error| error.to_string())?;
        Ok(Self { name: text.to_owned(), repository, actions })
    }
}

/// The registry gives no tokens.
#[derive(Debug, thiserror::Error)]
#[error("{0} asks for no bearer token")]
struct NoToken(String);

impl Classified for NoToken {
    fn diagnosis(&self) -> Diagnosis<'_> {
        Class::Failed.into()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issued {
    token: String,
    scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip)]
    header: bool,
}

/// Asks for the token.
pub(super) fn run(args: &Args, ui: &Ui) -> Result<()> {
    let Wanted { repository, actions, .. } = &args.repository;
    let mut wanted: Vec<&str> = actions.iter().map(String::as_str).collect();
    if args.push {
        wanted.extend(["pull", "push"]);
    } else if wanted.is_empty() {
        wanted.push("pull");
    }
    let options = Common::new(&args.registry.network, None, ui)?.registry(&Side::from(&args.registry.only))?;
    let token = Client::new(options).token(repository, &wanted, &args.mount, &ui.watch()?)?;
    let Some(Token { token, scopes, expires_in, .. }) = token else {
        return Err(NoToken(repository.host().to_owned()).into());
    };
    ui.report(&Issued { token, scopes, expires_in, header: args.header })
}

impl Report for Issued {
    fn text(&self) -> String {
        if self.header { format!("Authorization: Bearer {}\n", self.token) } else { format!("{}\n", self.token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_stand_behind_the_repository() {
        for (text, repository, actions) in [
            ("alpine", "docker.io/library/alpine", ""),
            ("localhost:5000/app", "localhost:5000/app", ""),
            ("localhost:5000/app:pull,push", "localhost:5000/app", "pull,push"),
            ("docker://ex.com/a/b:*", "ex.com/a/b", "*"),
        ] {
            let wanted: Wanted = text.parse().expect(text);
            let name = format!("{}/{}", wanted.repository.host(), wanted.repository.path());
            assert_eq!((name.as_str(), wanted.actions.join(",").as_str()), (repository, actions), "{text}");
        }
        assert!("ex.com/a:v1".parse::<Wanted>().is_err_and(|reason| reason.starts_with("\"v1\" is nothing")));
        assert!("ex.com/A".parse::<Wanted>().is_err());
    }
}
