//! Words of cosign's that have others here: flags in existing scripts are taken, or answered with what does it here.

#[cfg(feature = "sign")]
use clap::ArgAction;
use clap::error::{ContextKind, ContextValue};

#[cfg(feature = "sign")]
use super::Usage;

/// cosign's flags about registries and keys.
#[cfg(feature = "sign")]
#[derive(clap::Args, Debug)]
pub(crate) struct ForeignFlags {
    /// Refused: --tls-verify=false
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    allow_insecure_registry: Option<bool>,
    /// Refused: --tls-verify=false
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    allow_http_registry: Option<bool>,
    /// Refused: --creds
    #[arg(long, hide = true, value_name = "NAME")]
    registry_username: Option<String>,
    /// Refused: --creds
    #[arg(long, hide = true, value_name = "PASSWORD")]
    registry_password: Option<String>,
    /// Refused: --tls-ca
    #[arg(long, hide = true, value_name = "FILE")]
    registry_cacert: Option<String>,
    /// Refused: --tls-cert
    #[arg(long, hide = true, value_name = "FILE")]
    registry_client_cert: Option<String>,
    /// Refused: --tls-key
    #[arg(long, hide = true, value_name = "FILE")]
    registry_client_key: Option<String>,
    /// Refused: the name of the host counts
    #[arg(long, hide = true, value_name = "NAME")]
    registry_server_name: Option<String>,
    /// Refused: credential helpers
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    k8s_keychain: Option<bool>,
    /// Refused: tags have no prefix
    #[arg(long, hide = true, value_name = "PREFIX")]
    attachment_tag_prefix: Option<String>,
    /// Refused: --key exec:PROGRAM
    #[arg(long, hide = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    sk: Option<bool>,
}

#[cfg(feature = "sign")]
impl ForeignFlags {
    /// Refuses each with the flag that does it here.
    pub(crate) fn check(&self) -> Result<(), Usage> {
        let yes = |flag: Option<bool>| flag == Some(true);
        let tls = "use --tls-verify=false; this machine's registries need no flag";
        refuse(&[
            (yes(self.allow_insecure_registry), "--allow-insecure-registry", tls),
            (yes(self.allow_http_registry), "--allow-http-registry", tls),
            (self.registry_username.is_some(), "--registry-username", "use --creds USER:PASSWORD"),
            (self.registry_password.is_some(), "--registry-password", "use --creds USER:PASSWORD"),
            (self.registry_cacert.is_some(), "--registry-cacert", "use --tls-ca FILE"),
            (self.registry_client_cert.is_some(), "--registry-client-cert", "use --tls-cert FILE"),
            (self.registry_client_key.is_some(), "--registry-client-key", "use --tls-key FILE"),
            (self.registry_server_name.is_some(), "--registry-server-name", "name the host that the certificate names"),
            (yes(self.k8s_keychain), "--k8s-keychain", "name a file with credentials by --authfile"),
            (self.attachment_tag_prefix.is_some(), "--attachment-tag-prefix", "use --signature-repository"),
            (yes(self.sk), "--sk", "use --key exec:PROGRAM, and a file with the public key to verify"),
        ])
    }
}

/// Refuses the first of cosign's flags that is given, with what does it here.
#[cfg(feature = "sign")]
pub(crate) fn refuse(flags: &[(bool, &str, &str)]) -> Result<(), Usage> {
    match flags.iter().find(|(given, ..)| *given) {
        Some((_, flag, hint)) => Err(Usage::new(format!("cosign's {flag} is not taken"), *hint)),
        None => Ok(()),
    }
}

/// cosign's verbs that have another name here.
const VERBS: [(&str, &str); 9] = [
    ("clean", "`stevedore delete` removes one manifest or tag"),
    ("copy-signatures", "`stevedore copy --referrers` takes signatures along"),
    (
        "download",
        "`stevedore referrers` lists what is there, `pull -o -` fetches it, `verify-attestation` prints envelopes",
    ),
    ("load", "`stevedore copy` reads a layout: stevedore copy --referrers oci:DIR docker://…"),
    ("save", "`stevedore copy` writes a layout: stevedore copy --all --referrers docker://… oci:DIR"),
    ("tree", "`stevedore referrers` lists what refers to an image"),
    ("triangulate", "`stevedore referrers` lists what refers to an image, with the tags"),
    ("upload", "`stevedore push` uploads files"),
    ("verify-blob-attestation", "`stevedore verify-blob --type TYPE` asks for what is stated"),
];

/// Adds to the refusal of a verb what it is called here, if it is one of cosign's.
pub(crate) fn translate(error: &mut clap::Error) {
    let Some(ContextValue::String(verb)) = error.get(ContextKind::InvalidSubcommand) else { return };
    if let Some((_, ours)) = VERBS.iter().find(|(theirs, _)| theirs == verb) {
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![(*ours).to_owned().into()]));
    }
}
