//! Signing with an identity in place of a key, as flags: whom to ask for what, and where the token comes from.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use stevedore::registry::Client;
use stevedore::sign::keyless::signing::{
    self, Generation, IdentitySigner, IdentityToken, LogService, MAX_CONFIG, MAX_TOKEN, Prompt, Services, Tokens,
};
use stevedore::timestamp;
use stevedore::watch::Watch;

use super::client::Common;
use super::flags::{Network, Side};
use super::keyless::trusted_root;
use super::{Context, Result, Ui, Usage, output};

const HEADING: &str = "Signing with an identity";
/// What GitHub's job has in its environment, and what others put there.
const NO_TOKEN: &str =
    "use --identity-token or SIGSTORE_ID_TOKEN; a job of GitHub's needs `permissions: id-token: write`";

/// Whom to ask, and whom to trust.
#[derive(Args, Debug, Default, PartialEq)]
pub(crate) struct IdentityFlags {
    /// Sign with an identity in place of a key: what this file says must hold of all that the services answer (sigstore's trusted_root.json)
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    trusted_root: Option<PathBuf>,
    /// Ask the services that this file names, as cosign does
    #[arg(
        long, value_name = "FILE", help_heading = HEADING,
        conflicts_with_all = ["fulcio_url", "rekor_url", "timestamp_server_url", "oidc_issuer"]
    )]
    signing_config: Option<PathBuf>,
    /// Ask this authority (Fulcio) for the certificate
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    fulcio_url: Option<String>,
    /// Record the signature in this log (Rekor, first generation; a signing config names those of the second)
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    rekor_url: Vec<String>,
    /// Have the signature stamped there as well (RFC 3161); the whole URL
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    timestamp_server_url: Vec<String>,
    /// The identity token, or a file that holds it [default: $SIGSTORE_ID_TOKEN, else that of a job of GitHub's, else one that you confirm
    /// in a browser]
    #[arg(long, value_name = "TOKEN", help_heading = HEADING)]
    identity_token: Option<String>,
    /// Who issues tokens to people, for one that you confirm in a browser
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    oidc_issuer: Option<String>,
    /// For whom tokens are issued
    #[arg(long, value_name = "NAME", default_value = "sigstore", help_heading = HEADING)]
    oidc_client_id: String,
    /// How to get a token: from where one is, or by a code that you confirm in a browser [default: the first, else the second at a terminal]
    #[arg(long, value_name = "HOW", help_heading = HEADING)]
    fulcio_auth_flow: Option<Flow>,
}

/// How to get a token, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// From where one is
    Token,
    /// By a code
    Device,
}

impl IdentityFlags {
    /// Says whether an identity is to sign: it is with any of the flags that only that needs.
    pub(crate) fn are_given(&self) -> bool {
        let nothing = Self { oidc_client_id: self.oidc_client_id.clone(), ..Self::default() };
        *self != nothing
    }

    /// Makes the client that asks the services. That a registry may be talked to without TLS, or who logs in there, is none of their business.
    pub(crate) fn client(network: &Network, ui: &Ui) -> Result<Client> {
        let common = Common::new(network, None, ui)?;
        Ok(Client::new(common.registry(&Side::default())?))
    }

    /// Checks what is typed, and returns who signs. Nothing is asked before the first signature, but for what is in files.
    pub(crate) fn signer(&self, client: &Client, ui: &Ui, watch: &Watch) -> Result<IdentitySigner> {
        let Some(root) = &self.trusted_root else {
            let hint = "add --trusted-root trusted_root.json";
            return Err(Usage::new("what the services answer is held to a file that says whom to trust", hint).into());
        };
        let root = trusted_root(root)?;
        let services = self.services()?;
        let tokens = self.tokens(&services, client, ui, watch)?;
        Ok(IdentitySigner::new(client, &services, root, tokens, watch)?)
    }

    fn services(&self) -> Result<Services> {
        if let Some(file) = &self.signing_config {
            let name = file.display();
            let text = read(file, MAX_CONFIG).with_context(|| format!("cannot read the signing config {name}"))?;
            let now = u64::try_from(timestamp::now().0).unwrap_or_default();
            return Services::of_config(&text, now).with_context(|| format!("cannot use the signing config {name}"));
        }
        let Some(authority) = self.fulcio_url.clone() else {
            let hint = "add --signing-config FILE, or --fulcio-url and --rekor-url; what is signed is recorded in public at a public log";
            return Err(Usage::new("it is not said which services to ask", hint).into());
        };
        let log = |url: &String| LogService { url: url.clone(), generation: Generation::First };
        Ok(Services {
            authority,
            logs: self.rekor_url.iter().map(log).collect(),
            clocks: self.timestamp_server_url.clone(),
            issuer: self.oidc_issuer.clone(),
        })
    }

    /// Finds out where the token comes from. One that is there is looked at now, others are asked for when something is signed.
    fn tokens(&self, services: &Services, client: &Client, ui: &Ui, watch: &Watch) -> Result<Tokens> {
        let by_code = self.fulcio_auth_flow == Some(Flow::Device);
        if by_code && self.identity_token.is_some() {
            return Err(Usage::new("a token is given, and another one asked for", "leave one of the two out").into());
        }
        if !by_code {
            let environment = ui.environment();
            let given = match &self.identity_token {
                Some(given) => Some(token(given)?),
                None => environment.identity_token(),
            };
            if let Some(text) = given {
                let token = IdentityToken::parse(&text)?;
                token.check_time(timestamp::now().0)?;
                return Ok(Box::new(move || Ok(token.clone())));
            }
            let (client, watch, audience) = (client.clone(), watch.clone(), self.oidc_client_id.clone());
            if let Some((url, secret)) = environment.github_tokens() {
                return Ok(Box::new(move || signing::github(&client, &url, &secret, &audience, &watch)));
            }
            let is_asked = self.fulcio_auth_flow == Some(Flow::Token);
            if is_asked || !std::io::stderr().is_terminal() {
                return Err(Usage::new("no identity token was given", NO_TOKEN).into());
            }
        }
        let Some(issuer) = services.issuer.clone() else {
            return Err(Usage::new("no identity token was given, and nobody to issue one", NO_TOKEN).into());
        };
        let (client, watch, id) = (client.clone(), watch.clone(), self.oidc_client_id.clone());
        Ok(Box::new(move || signing::people(&client, &issuer, &id, &prompt, &watch)))
    }
}

/// Tells whoever sits there what to do, quiet or not.
fn prompt(prompt: &Prompt) {
    let Prompt { url, code, .. } = prompt;
    output::ask(&format!("To sign, open {url} and confirm the code {code}\n"));
}

/// Returns the token, which may be in a file.
fn token(given: &str) -> Result<String> {
    // No file is called like a token by accident.
    if given.split('.').count() == 3 && !Path::new(given).exists() {
        return Ok(given.to_owned());
    }
    let text = read(Path::new(given), MAX_TOKEN).context("cannot read the file of --identity-token")?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn read(file: &Path, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(file)?.take(limit as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}
