//! `verify`: whether an image is signed by whom it must be.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use stevedore::class::Class;
use stevedore::digest::Digest;
use stevedore::sign::{self, Accepted, Authority, Claim, Form, Policy, Signer, Verdict, Wanted};
use stevedore::splice::Members;
use stevedore::transport::{Location, Place};

use crate::cli::client::{Common, attach_streams};
use crate::cli::config_flags::pair;
use crate::cli::flags::{Network, Only, Side};
use crate::cli::keyless::KeylessFlags;
use crate::cli::locations::location;
use crate::cli::report::{Report, printable};
use crate::cli::verification::{Bad, Habits, HowMany, Output, facts};
use crate::cli::{Error, Result, Ui, Usage, policies};

/// Verify that an image is signed, with a key or by an identity
///
/// Signatures of cosign (all its forms), skopeo and stevedore are looked for in every place: the registry's list of referrers or the tag that
/// stands for it, the tag sha256-….sig, and layouts and archives. One good signature is enough; what is wrong with the others is told on
/// standard error. Attestations are no signatures, and a registry that cannot tell is an error, not "unsigned". Prints what cosign prints.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// Who may have signed: a file with public keys, or env://NAME for a variable that holds them
    #[arg(short, long, value_name = "FILE")]
    key: Vec<String>,
    #[command(flatten)]
    keyless: KeylessFlags,
    /// Ask this file, a containers-policy.json, what must be signed by whom and under which name
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "require"])]
    policy: Option<PathBuf>,
    /// How many of the keys must have signed
    #[arg(long, value_name = "HOW", default_value = "any")]
    require: HowMany,
    /// What must have been signed as well
    #[arg(short, long = "annotations", value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    /// Print the payloads as cosign does, or a report; --json prints the report as JSON
    #[arg(short, long, value_name = "WHAT", default_value = "json")]
    output: Output,
    #[command(flatten)]
    habits: Habits,
    #[command(flatten)]
    registry: Only,
    #[command(flatten)]
    network: Network,
}

const EXAMPLES: &str = "\
Exit codes:
  0 verified, 1 could not be found out, 2 usage, 10 not signed, 11 no such image, 12 signed, but not acceptably

Examples:
  stevedore verify --key cosign.pub docker://registry.example.com/app:1.0
  stevedore verify --key cosign.pub -a commit=4f53cda docker://registry.example.com/app:1.0
  stevedore verify --key build.pub --key release.pub --require all --output report docker://registry.example.com/app:1.0
  stevedore verify --key cosign.pub oci-archive:app.tar
  stevedore verify --trusted-root trusted_root.json --certificate-oidc-issuer https://token.actions.githubusercontent.com \
    --certificate-identity https://github.com/example/app/.github/workflows/release.yml@refs/heads/main app.example.com/app
  stevedore verify --policy /etc/containers/policy.json docker://registry.example.com/app:1.0";

/// What was found out. The member names are those of docs/JSON.md.
#[derive(Debug, Serialize)]
struct Findings {
    reference: String,
    digest: Digest,
    accepted: Vec<Good>,
    rejected: Vec<Bad>,
}

#[derive(Debug, Serialize)]
struct Good {
    form: Form,
    place: String,
    manifest: Digest,
    blob: Digest,
    signers: Vec<Signer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    annotations: Members,
}

/// Verifies the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    args.habits.check()?;
    let approval = args.approval()?;
    let common = Common { network: &args.network, work: None };
    let mut options = common.options(&Side::from(&args.registry), ui)?;
    attach_streams(&args.reference.place, None, &mut options)?;
    let source = args.reference.place.open_source(&options)?;
    let judge = |claim: &Claim| claim.has(&args.annotation);
    let verdict = match &approval {
        Approval::Policy(policy) => policy.verify(&args.reference, &*source, &judge, &options.watch)?,
        Approval::Authorities(authorities) => {
            let authorities: Vec<&dyn Authority> = authorities.iter().map(AsRef::as_ref).collect();
            let wanted = Wanted { authorities: &authorities, require: args.require.into(), judge: &judge };
            sign::verify(&*source, &args.reference.at, &wanted, &options.watch)?
        }
    };
    if verdict.accepted.is_empty() {
        args.refuse_unsigned()?;
        ui.note(&format!("accepted {} without a signature, as the policy says", verdict.digest));
    }
    for rejected in &verdict.rejected {
        ui.note(&printable(&format!("not counted: {rejected}")));
    }
    if ui.wants_json() || args.output == Output::Report {
        return ui.report(&Findings::new(&args.reference, verdict));
    }
    ui.close();
    let mut text = serde_json::to_vec(&payloads(&args.reference, &verdict)?)?;
    text.push(b'\n');
    ui.bytes(&text)
}

/// Who decides.
enum Approval {
    /// One of these, or all of them.
    Authorities(Vec<Box<dyn Authority>>),
    /// A policy.
    Policy(Policy),
}

impl Args {
    fn approval(&self) -> Result<Approval> {
        if let Some(file) = &self.policy {
            if self.keyless.are_given() {
                let hint = "leave the identity out: the policy says who must have signed";
                return Err(Usage::new("a policy and an identity cannot both be asked for", hint).into());
            }
            return Ok(Approval::Policy(policies::policy(file)?));
        }
        self.keyless.authorities(&self.key, self.habits.would_weaken()).map(Approval::Authorities)
    }

    /// What must have been signed as well cannot have been, where nothing is.
    fn refuse_unsigned(&self) -> Result<()> {
        if self.annotation.is_empty() {
            return Ok(());
        }
        let hint = "leave --annotations out, or have the policy ask for a signature";
        Err(Usage::new("the policy asks for no signature, so none has the annotations", hint).into())
    }
}

/// Returns the exit code of a failure: those that cosign documents, and no others.
pub(crate) fn exit_code(error: &Error, class: Class) -> u8 {
    match error.chain().find_map(|error| error.downcast_ref::<sign::Error>()) {
        Some(sign::Error::Unsigned { .. } | sign::Error::Unattested { .. }) => return 10,
        Some(sign::Error::Image(_)) => return 11,
        Some(
            sign::Error::Unacceptable { .. }
            | sign::Error::Artifact { .. }
            | sign::Error::Attestations { .. }
            | sign::Error::Denied { .. },
        ) => {
            return 12;
        }
        _ => {}
    }
    match class {
        Class::Usage => 2,
        // A file or directory without anything in it, found before any image is looked for.
        Class::NotFound if error.is::<stevedore::transport::Error>() => 11,
        Class::Interrupted => 130,
        _ => 1,
    }
}

/// Returns what cosign prints: the payloads, and what a bundle would say if it were one.
fn payloads(reference: &Location, verdict: &Verdict) -> serde_json::Result<Vec<Box<RawValue>>> {
    verdict.accepted.iter().map(|accepted| payload(reference, accepted)).collect()
}

fn payload(reference: &Location, accepted: &Accepted) -> serde_json::Result<Box<RawValue>> {
    let Accepted { candidate, claim, .. } = accepted;
    let name = match candidate.form {
        Form::Classic => claim.identity.clone().unwrap_or_default(),
        _ => typed(reference),
    };
    let critical = json!({
        "identity": {"docker-reference": name},
        "image": {"docker-manifest-digest": claim.digest},
        "type": claim.kind,
    });
    let mut members = Members::default();
    members.set("critical", &critical)?;
    members.set("optional", &claim.annotations)?;
    serde_json::value::to_raw_value(&members)
}

/// Returns the reference without its transport.
fn typed(reference: &Location) -> String {
    let text = reference.to_string();
    match reference.place {
        Place::Registry(_) => text.trim_start_matches("docker://").to_owned(),
        _ => text,
    }
}

impl Findings {
    fn new(reference: &Location, verdict: Verdict) -> Self {
        Self {
            reference: reference.to_string(),
            digest: verdict.digest,
            accepted: verdict.accepted.into_iter().map(Good::from).collect(),
            rejected: verdict.rejected.iter().map(Bad::from).collect(),
        }
    }
}

impl From<Accepted> for Good {
    fn from(accepted: Accepted) -> Self {
        let Accepted { candidate, signers, claim, .. } = accepted;
        Self {
            form: candidate.form,
            place: candidate.spot.to_string(),
            manifest: candidate.manifest,
            blob: candidate.layer.digest,
            signers: signers.into_iter().map(|(_, signer)| signer).collect(),
            identity: claim.identity,
            annotations: claim.annotations.unwrap_or_default(),
        }
    }
}

impl Report for Findings {
    fn text(&self) -> String {
        let is_signed = if self.accepted.is_empty() { "needs no signature" } else { "is signed" };
        let mut text = format!("{} {is_signed}\n", self.digest);
        for good in &self.accepted {
            let form = match good.form {
                Form::Classic => "classic signature",
                _ => "bundle",
            };
            text.push_str(&format!("\n{form} in {}\n", good.place));
            let mut fact = |name: &str, value: &str| text.push_str(&format!("  {name:<10}  {}\n", printable(value)));
            fact("Manifest", &good.manifest.to_string());
            for (name, value) in good.signers.iter().flat_map(facts) {
                fact(name, &value);
            }
            fact("Name", good.identity.as_deref().unwrap_or("none"));
            for name in good.annotations.names() {
                let value = good.annotations.get(name).map_or("", RawValue::get);
                fact("Annotation", &format!("{name}={value}"));
            }
        }
        text
    }
}
