//! What is shown of a registry.

use serde::Serialize;
use stevedore::registry::{Ability, Asks, Examination, Finding, Secured, Verdict};
use stevedore::timestamp;

use crate::cli::report::{Report, table};

/// A registry, documented in docs/JSON.md.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View {
    host: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    repository: String,
    url: String,
    addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<TlsView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asks: Option<AsksView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<LoginView>,
    limits: Vec<(String, String)>,
    abilities: Vec<AbilityView>,
    left: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TlsView {
    protocol: String,
    subject: String,
    issuer: String,
    not_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority_file: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AsksView {
    scheme: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
}

#[derive(Debug, Serialize)]
struct LoginView {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    from: String,
}

#[derive(Debug, Serialize)]
struct AbilityView {
    ability: &'static str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

impl View {
    pub(super) fn new(examination: Examination) -> Self {
        let Examination { host, repository, url, addresses, proxy, api_version, server, limits, left, .. } =
            examination;
        let mut abilities: Vec<_> = examination.findings.into_iter().map(AbilityView::new).collect();
        for ability in Ability::WRITING {
            if !abilities.iter().any(|each| each.ability == name(ability)) {
                let detail = "only writing shows it; see --write-test".to_owned();
                abilities.push(AbilityView { ability: name(ability), verdict: "not_tested", detail });
            }
        }
        let username = examination.username;
        Self {
            host,
            repository,
            url,
            addresses,
            proxy,
            tls: examination.tls.map(TlsView::new),
            api_version,
            server,
            asks: examination.asks.map(AsksView::new),
            login: examination.login_from.map(|from| LoginView { username, from }),
            limits,
            abilities,
            left,
        }
    }
}

impl TlsView {
    fn new(tls: Secured) -> Self {
        let certificate = tls.certificate.unwrap_or_default();
        let (trusted_by, file) = tls.trusted_by.map_or((None, None), |(name, file)| (Some(name), file));
        Self {
            protocol: tls.protocol,
            subject: certificate.subject,
            issuer: certificate.issuer,
            not_after: certificate.not_after,
            trusted_by,
            authority_file: file.map(|file| file.display().to_string()),
        }
    }

    fn rows(&self) -> Vec<[String; 2]> {
        let trusted = match (&self.trusted_by, &self.authority_file) {
            (Some(name), Some(file)) => format!("{name}, of {file}"),
            (Some(name), None) => format!("{name}, of the system's authorities"),
            (None, _) => "nobody: the certificate is not verified".to_owned(),
        };
        let now = timestamp::now().0;
        let days = timestamp::parse(&self.not_after).map(|end| (end - now).div_euclid(86_400));
        let until = match days {
            Some(days) if days >= 0 => format!("{}, in {days} days", self.not_after),
            _ => format!("{}, expired", self.not_after),
        };
        vec![
            row("TLS", &self.protocol),
            row("Certificate", &self.subject),
            row("Issued by", &self.issuer),
            row("Valid until", &until),
            row("Trusted by", &trusted),
        ]
    }
}

impl AsksView {
    fn new(asks: Asks) -> Self {
        let Asks { scheme, realm, service, scopes, expires_in, .. } = asks;
        Self { scheme, realm, service, scopes, expires_in }
    }

    fn rows(&self) -> Vec<[String; 2]> {
        let mut asks = self.scheme.to_owned();
        if let Some(realm) = &self.realm {
            asks.push_str(&format!(", tokens from {realm}"));
        }
        if let Some(service) = &self.service {
            asks.push_str(&format!(", for the service {service}"));
        }
        let mut rows = vec![row("Asks for", &asks)];
        if let Some(seconds) = self.expires_in {
            let scopes = if self.scopes.is_empty() { "no scope".to_owned() } else { self.scopes.join(" ") };
            rows.push(row("Token", &format!("{scopes}, for {seconds} s")));
        }
        rows
    }
}

impl AbilityView {
    fn new(finding: Finding) -> Self {
        let verdict = match finding.verdict {
            Verdict::Yes => "yes",
            Verdict::No => "no",
            Verdict::NotTested => "not_tested",
        };
        Self { ability: name(finding.ability), verdict, detail: finding.detail }
    }

    fn row(&self) -> [String; 2] {
        let verdict = self.verdict.replace('_', " ");
        let shown = if self.detail.is_empty() { verdict } else { format!("{verdict}: {}", self.detail) };
        row(&self.ability.replace('_', " "), &shown)
    }
}

fn name(ability: Ability) -> &'static str {
    match ability {
        Ability::Catalog => "catalog",
        Ability::TagPages => "tag_pages",
        Ability::Referrers => "referrers",
        Ability::Ranges => "ranges",
        Ability::Upload => "upload",
        Ability::ChunkedUpload => "chunked_upload",
        Ability::Mount => "mount",
        Ability::Push => "push",
        Ability::DeleteTag => "delete_tag",
        Ability::DeleteManifest => "delete_manifest",
        Ability::DeleteBlob => "delete_blob",
        _ => "other",
    }
}

fn row(name: &str, value: &str) -> [String; 2] {
    [name.to_owned(), value.to_owned()]
}

impl Report for View {
    fn text(&self) -> String {
        let slash = if self.repository.is_empty() { "" } else { "/" };
        let mut rows = vec![row("URL", &self.url)];
        if !self.addresses.is_empty() {
            rows.push(row("Address", &self.addresses.join(", ")));
        }
        rows.extend(self.proxy.iter().map(|proxy| row("Proxy", proxy)));
        match &self.tls {
            Some(tls) => rows.extend(tls.rows()),
            None => rows.push(row("TLS", "none")),
        }
        rows.extend(self.api_version.iter().map(|version| row("API", version)));
        rows.extend(self.server.iter().map(|server| row("Server", server)));
        match &self.asks {
            Some(asks) => rows.extend(asks.rows()),
            None => rows.push(row("Asks for", "no login")),
        }
        rows.push(match &self.login {
            Some(LoginView { username: Some(name), from }) => row("Login", &format!("{name}, from {from}")),
            Some(LoginView { username: None, from }) => row("Login", &format!("a token, from {from}")),
            None => row("Login", "none"),
        });
        rows.extend(self.limits.iter().map(|(name, value)| row(name, value)));
        rows.push(row("", ""));
        rows.extend(self.abilities.iter().map(AbilityView::row));
        rows.extend(self.left.iter().map(|what| row("not removed", what)));
        let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
        format!("Registry  {}{slash}{}\n{}", self.host, self.repository, table(&rows))
    }
}
