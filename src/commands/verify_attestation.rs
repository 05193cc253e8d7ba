//! `verify-attestation`: whether something is stated of an image by whom it must be.

use serde::Serialize;
use serde_json::value::RawValue;
use stevedore::digest::Digest;
use stevedore::sign::{self, Accepted, Authority, Form, PredicateType, Signer, Verdict, Wanted};
use stevedore::transport::Location;

use crate::cli::client::{Common, attach_streams};
use crate::cli::flags::{Network, Only, Side};
use crate::cli::keyless::KeylessFlags;
use crate::cli::locations::location;
use crate::cli::report::{Report, printable};
use crate::cli::verification::{Bad, Habits, HowMany, Output, facts};
use crate::cli::{Result, Ui, Usage};

/// Verify what is attested of an image
///
/// Attestations of cosign (bundles, and the tag sha256-….att) and stevedore are looked for in every place. The type is that which was signed,
/// whatever is said beside it; one good attestation of it is enough. Signatures are no attestations. Prints the envelopes as cosign does, one
/// a line, with what is stated in their payload; --output report tells who attested what.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The image
    #[arg(value_parser = location)]
    pub(crate) reference: Location,
    /// Who may have attested it: a file with public keys, or env://NAME for a variable that holds them
    #[arg(short, long, value_name = "FILE")]
    key: Vec<String>,
    #[command(flatten)]
    keyless: KeylessFlags,
    /// How many of the keys must have
    #[arg(long, value_name = "HOW", default_value = "any")]
    require: HowMany,
    /// The type of what is stated: custom, slsaprovenance, slsaprovenance02, slsaprovenance1, link, spdx, spdxjson, cyclonedx, vuln, openvex or a URI
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: PredicateType,
    /// Refused: policies in CUE or Rego are not supported
    #[arg(long, hide = true, value_name = "FILE")]
    policy: Vec<String>,
    /// Print the envelopes as cosign does, or a report; --json prints the report as JSON
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
  0 verified, 1 could not be found out, 2 usage, 10 nothing attested, 11 no such image, 12 attested, but not acceptably

Examples:
  stevedore verify-attestation --key cosign.pub --type spdxjson docker://registry.example.com/app:1.0
  stevedore verify-attestation --key cosign.pub --type slsaprovenance1 docker://registry.example.com/app:1.0 | jq -r .payload | base64 -d
  stevedore --json verify-attestation --key cosign.pub --type https://example.com/tested/v1 oci:images:app | jq .accepted[0].predicate";

/// What was found out. The member names are those of docs/JSON.md.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Findings {
    reference: String,
    digest: Digest,
    predicate_type: String,
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
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate: Option<Box<RawValue>>,
}

/// Verifies what is attested.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    if !args.policy.is_empty() {
        let hint = "leave --policy out, and look at the predicate with --json and a tool for it";
        return Err(Usage::new("policies in CUE or Rego are not supported, so nothing would be checked", hint).into());
    }
    args.habits.check()?;
    let authorities = args.keyless.authorities(&args.key, args.habits.would_weaken())?;
    let common = Common { network: &args.network, work: None };
    let mut options = common.options(&Side::from(&args.registry), ui)?;
    attach_streams(&args.reference.place, None, &mut options)?;
    let source = args.reference.place.open_source(&options)?;
    let authorities: Vec<&dyn Authority> = authorities.iter().map(AsRef::as_ref).collect();
    let wanted = Wanted { authorities: &authorities, require: args.require.into(), judge: &|_| Ok(()) };
    let verdict =
        sign::verify_attestation(&*source, &args.reference.at, Some(args.kind.uri()), &wanted, &options.watch)?;
    for rejected in &verdict.rejected {
        ui.note(&printable(&format!("not counted: {rejected}")));
    }
    if ui.wants_json() || args.output == Output::Report {
        return ui.report(&Findings::new(args, verdict));
    }
    ui.close();
    let envelopes = verdict.accepted.iter().filter_map(|accepted| accepted.envelope.as_ref());
    let text: String = envelopes.map(|envelope| format!("{}\n", envelope.to_json())).collect();
    ui.bytes(text.as_bytes())
}

impl Findings {
    fn new(args: &Args, verdict: Verdict) -> Self {
        Self {
            reference: args.reference.to_string(),
            digest: verdict.digest,
            predicate_type: args.kind.uri().to_owned(),
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
            name: claim.identity,
            predicate: claim.predicate,
        }
    }
}

impl Report for Findings {
    fn text(&self) -> String {
        let mut text = format!("{} has {}\n", self.digest, printable(&self.predicate_type));
        for good in &self.accepted {
            let form = if good.form == Form::Bundle { "bundle" } else { "envelope" };
            text.push_str(&format!("\n{form} in {}\n", good.place));
            let mut fact = |name: &str, value: &str| text.push_str(&format!("  {name:<10}  {}\n", printable(value)));
            fact("Manifest", &good.manifest.to_string());
            for (name, value) in good.signers.iter().flat_map(facts) {
                fact(name, &value);
            }
            fact("Name", good.name.as_deref().unwrap_or("none"));
        }
        text
    }
}
