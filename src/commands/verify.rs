//! `verify`: whether an image is signed by whom it must be.

use std::path::PathBuf;

use stevedore::sign::{self, Authority, Claim, Policy, Wanted};

use crate::cli::config_flags::pair;
use crate::cli::flags::Image;
use crate::cli::verification::{Findings, Verification};
use crate::cli::{Result, Ui, Usage, policies};

/// Verify that an image is signed, with a key or by an identity
///
/// Signatures of cosign (all its forms), skopeo and stevedore are looked for in every place: the registry's list of referrers or the tag that
/// stands for it, the tag sha256-….sig, and layouts and archives. One good signature is enough; what is wrong with the others is told on
/// standard error. Attestations are no signatures, and a registry that cannot tell is an error, not "unsigned". Prints what cosign prints.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    verification: Verification,
    /// Ask this file, a containers-policy.json, what must be signed by whom and under which name; "default" is podman's and skopeo's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "require"])]
    policy: Option<PathBuf>,
    /// What must have been signed as well
    #[arg(short, long = "annotations", value_name = "NAME=VALUE", value_parser = pair)]
    annotation: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) image: Image,
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

/// Verifies the image.
pub(crate) fn run(args: &Args, ui: &Ui) -> Result<()> {
    args.verification.habits.check()?;
    let approval = args.approval()?;
    let reference = &args.image.reference;
    let judge = |claim: &Claim| claim.has(&args.annotation);
    let verdict = match &approval {
        Approval::Policy(policy) => {
            args.verification.check_for_policy(ui)?;
            let (source, options) = args.image.open(ui)?;
            policy.verify(reference, &*source, &judge, &options.watch)?
        }
        Approval::Authorities(authorities) => {
            let authorities: Vec<&dyn Authority> = authorities.iter().map(AsRef::as_ref).collect();
            let opened = args.verification.open(&args.image, ui)?;
            let wanted = Wanted { judge: &judge, ..opened.wanted(&authorities, &args.verification) };
            sign::verify(&*opened.source, &opened.at, &wanted, &opened.watch)?
        }
    };
    if verdict.accepted.is_empty() {
        args.refuse_unsigned()?;
        ui.note(&format!("accepted {} without a signature, as the policy says", verdict.digest));
    }
    let payloads = verdict.accepted.iter().map(|good| good.claim.payload(good.candidate.form, reference));
    let payloads = serde_json::to_string(&payloads.collect::<Result<Vec<_>, _>>()?)? + "\n";
    args.verification.tell(&Findings::new(reference, None, &verdict), &verdict, payloads.as_bytes(), ui)
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
            if self.verification.keyless.are_given() {
                let hint = "leave the identity out: the policy says who must have signed";
                return Err(Usage::new("a policy and an identity cannot both be asked for", hint).into());
            }
            return Ok(Approval::Policy(policies::policy(file)?));
        }
        self.verification.authorities().map(Approval::Authorities)
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
