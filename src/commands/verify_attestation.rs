//! `verify-attestation`: whether something is stated of an image by whom it must be.

use stevedore::sign::{self, Authority, PredicateType};

use crate::cli::flags::Image;
use crate::cli::verification::{Findings, Verification};
use crate::cli::{Result, Ui, Usage};

/// Verify what is attested of an image
///
/// Attestations of cosign (bundles, and the tag sha256-….att) and stevedore are looked for in every place. The type is that which was signed,
/// whatever is said beside it; one good attestation of it is enough. Signatures are no attestations. Prints the envelopes as cosign does, one
/// a line, with what is stated in their payload; --output report tells who attested what.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    verification: Verification,
    /// The type of what is stated: custom, slsaprovenance, slsaprovenance02, slsaprovenance1, link, spdx, spdxjson, cyclonedx, vuln, openvex or a URI
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: PredicateType,
    /// Refused: policies in CUE or Rego are not supported
    #[arg(long, hide = true, value_name = "FILE")]
    policy: Vec<String>,
    #[command(flatten)]
    pub(crate) image: Image,
}

const EXAMPLES: &str = "\
Exit codes:
  0 verified, 1 could not be found out, 2 usage, 10 nothing attested, 11 no such image, 12 attested, but not acceptably

Examples:
  stevedore verify-attestation --key cosign.pub --type spdxjson docker://registry.example.com/app:1.0
  stevedore verify-attestation --key cosign.pub --type slsaprovenance1 docker://registry.example.com/app:1.0 | jq -r .payload | base64 -d
  stevedore --json verify-attestation --key cosign.pub --type https://example.com/tested/v1 oci:images:app | jq .accepted[0].predicate";

/// Verifies what is attested.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    if !args.policy.is_empty() {
        let hint = "leave --policy out, and look at the predicate with --json and a tool for it";
        return Err(Usage::new("policies in CUE or Rego are not supported, so nothing would be checked", hint).into());
    }
    args.verification.habits.check()?;
    let authorities = args.verification.authorities()?;
    let reference = &args.image.reference;
    let opened = args.verification.open(&args.image, ui)?;
    let authorities: Vec<&dyn Authority> = authorities.iter().map(AsRef::as_ref).collect();
    let wanted = opened.wanted(&authorities, &args.verification);
    let kind = Some(args.kind.uri());
    let verdict = sign::verify_attestation(&*opened.source, &opened.at, kind, &wanted, &opened.watch)?;
    let envelopes = verdict.accepted.iter().filter_map(|accepted| accepted.envelope.as_ref());
    let text: String = envelopes.map(|envelope| format!("{}\n", envelope.to_json())).collect();
    args.verification.tell(&Findings::new(reference, kind, &verdict), &verdict, text.as_bytes(), ui)
}
