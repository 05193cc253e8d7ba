//! The gate of `serve`: credentials, rules and challenges put together.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::credentials::Credentials;
use super::issuer::Issuer;
use super::passwords::{Passwords, Verdict};
use super::policy::Policy;
use super::realm::{self, Outside};
use super::token::{self, Claims, Grant, Refusal};
use super::trust::Trust;
use super::watched::{FileError, Notes, Watched};
use super::{Action, Authorize, Decision, Wish};
use crate::http::{ErrorThrottle, Request, Throttled, network_of};
use crate::reference::is_repository_path;

/// What a [`Guard`] goes by.
pub struct Options {
    /// Who there is.
    pub passwords: Option<Passwords>,
    /// Which tokens are taken.
    pub tokens: Tokens,
    /// Who may do what.
    pub rules: Rules,
    /// How the server is reached.
    pub outside: Outside,
    /// Is told of logins that were refused, of many once a second.
    pub notes: Notes,
}

/// Which bearer tokens are taken.
pub enum Tokens {
    /// None: logging in is by name and password.
    None,
    /// Our own. Clients that cannot do without a login, as Docker, can then pull where everyone may.
    Own(Issuer),
    /// Somebody else's. Its `access` claim says what its bearer may do; with a policy file, that has to agree.
    Foreign(Trust),
}

/// Who may do what.
pub enum Rules {
    /// Everyone may pull; who is logged in may push and delete. With somebody else's tokens, the token alone decides, and without one
    /// nobody may do anything.
    Plain,
    /// Everyone may do everything.
    AnonymousPush,
    /// As a file says.
    File(PolicyFile),
}

/// A policy file. Its changes count from the next request on.
pub struct PolicyFile(Watched<Policy>);

impl PolicyFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no policy.
    pub fn open(path: &Path, notes: Notes) -> Result<Self, FileError> {
        Ok(Self(Watched::open(path, Policy::parse, notes)?))
    }
}

/// Decides by passwords, tokens and rules who may do what.
pub struct Guard {
    options: Options,
    plain: Arc<Policy>,
    refused: ErrorThrottle<(), String>,
}

/// Who sends a request.
pub(super) enum Identity {
    /// Nobody in particular.
    Anonymous,
    /// Whoever knows the password.
    User(String),
    /// Whoever has the token.
    Bearer(Claims),
}

impl Guard {
    /// Makes a guard.
    pub fn new(options: Options) -> Self {
        let plain = Arc::new(Policy::plain(matches!(options.rules, Rules::AnonymousPush)));
        Self { options, plain, refused: ErrorThrottle::default() }
    }

    /// Says who may push, for the line that a server starts with.
    pub fn summary(&self) -> &'static str {
        if self.token_decides() {
            return "who may pull, push and delete: as the issuer's tokens say";
        }
        match (self.policy().has_anonymous_push(), &self.options.rules, self.can_log_in()) {
            (true, Rules::File(_), _) => "who may push: see the policy, some without logging in",
            (true, ..) => "everyone may push and delete",
            (false, Rules::File(_), _) => "who may push: see the policy",
            (false, _, true) => "everyone may pull, who is logged in may push and delete",
            (false, _, false) => "nobody may push (--anonymous-push or --htpasswd FILE allows it)",
        }
    }

    /// Returns what of the rules cannot mean what they say, each in a sentence.
    pub fn warnings(&self) -> Vec<String> {
        let policy = self.policy();
        let mut warnings = policy.push_without_pull();
        if let (Some(passwords), Tokens::None | Tokens::Own(_)) = (&self.options.passwords, &self.options.tokens) {
            let unknown = policy.users().into_iter().filter(|user| !passwords.knows(user));
            warnings
                .extend(unknown.map(|user| format!("the policy names {user:?}, who is not in the file of passwords")));
        }
        warnings
    }

    /// Says whether the tokens of somebody else are all there is to go by, as in registry:2.
    fn token_decides(&self) -> bool {
        matches!((&self.options.tokens, &self.options.rules), (Tokens::Foreign(_), Rules::Plain))
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn policy(&self) -> Arc<Policy> {
        match &self.options.rules {
            Rules::File(PolicyFile(file)) => file.current(),
            Rules::Plain | Rules::AnonymousPush => Arc::clone(&self.plain),
        }
    }

    /// Says whether clients send passwords or tokens.
    pub fn takes_logins(&self) -> bool {
        self.can_log_in()
    }

    fn can_log_in(&self) -> bool {
        self.options.passwords.is_some() || !matches!(self.options.tokens, Tokens::None)
    }

    /// Finds out who sends a request, or why that does not become clear.
    fn identify(&self, request: &Request<'_>, wish: &Wish<'_>) -> Result<Identity, Decision> {
        let credentials = Credentials::of(&request.headers)
            .map_err(|unclear| self.challenge(request, wish, None, unclear.0.to_owned()))?;
        match credentials {
            None => Ok(Identity::Anonymous),
            // Where nobody can log in, a login is nobody's: many scripts give one to every registry.
            Some(_) if !self.can_log_in() => Ok(Identity::Anonymous),
            Some(Credentials::Basic { user, password }) => {
                self.log_in(request, user, &password, |message| self.challenge(request, wish, None, message))
            }
            Some(Credentials::Bearer { token }) => match self.check(&token) {
                Ok(claims) => {
                    name_of(&claims).iter().for_each(|user| request.note("user", *user));
                    Ok(Identity::Bearer(claims))
                }
                Err(refusal) => {
                    // Clients use a token until it has expired, and then ask for another.
                    if !matches!(refusal, Refusal::Expired) {
                        self.report_refused(request, &format!("a token was refused: {refusal}"));
                    }
                    Err(self.challenge(request, wish, Some("invalid_token"), refusal.to_string()))
                }
            },
        }
    }

    /// Checks a name and a password.
    pub(super) fn log_in(
        &self,
        request: &Request<'_>,
        user: String,
        password: &[u8],
        refuse: impl FnOnce(String) -> Decision,
    ) -> Result<Identity, Decision> {
        let Some(passwords) = &self.options.passwords else {
            return Err(refuse("logging in is by token here".into()));
        };
        let client = self.options.outside.client(request).map(network_of);
        match passwords.check(&user, password, client) {
            Verdict::Right => {
                request.note("user", &*user);
                Ok(Identity::User(user))
            }
            Verdict::Wrong => {
                request.note("refused", &*user);
                self.report_refused(request, &format!("the login of {user:?} was refused: wrong name or password"));
                Err(refuse("wrong name or password".into()))
            }
            Verdict::Wait(seconds) => {
                request.note("refused", &*user);
                self.report_refused(request, &format!("the login of {user:?} was refused: too many wrong passwords"));
                let message = format!("too many wrong passwords; try again in {seconds} s");
                Err(Decision::Wait { seconds, message })
            }
        }
    }

    /// Tells of a refused login. Nothing is said of the password or the token.
    fn report_refused(&self, request: &Request<'_>, what: &str) {
        let client = self.options.outside.client(request);
        let from = client.map_or_else(|| "a local client".to_owned(), |client| client.to_string());
        let tell = |line: &Throttled<String>| (self.options.notes)(&line.to_string());
        self.refused.report((), format!("{from}: {what}"), Instant::now(), tell);
    }

    /// Returns the client's address, as the throttle, the log and the limits know it.
    pub fn client(&self, request: &Request<'_>) -> Option<IpAddr> {
        self.options.outside.client(request)
    }

    /// Says whether a proxy is in front, whose word on its clients is believed.
    pub fn is_behind_proxy(&self) -> bool {
        self.options.outside.behind_proxy
    }

    fn check(&self, text: &str) -> Result<Claims, Refusal> {
        let claims = match &self.options.tokens {
            Tokens::None => return Err(Refusal::Signature),
            Tokens::Own(issuer) => issuer.check(text, token::now())?,
            Tokens::Foreign(trust) => return trust.check(text, token::now()),
        };
        // Whoever is no user any more has no use of what was issued before.
        match (&self.options.passwords, name_of(&claims)) {
            (Some(passwords), Some(user)) if !passwords.knows(user) => Err(Refusal::Signature),
            _ => Ok(claims),
        }
    }

    fn judge(&self, request: &Request<'_>, identity: &Identity, wish: &Wish<'_>) -> Decision {
        let user = match identity {
            Identity::Anonymous => None,
            Identity::User(user) => Some(user.as_str()),
            Identity::Bearer(claims) => name_of(claims),
        };
        if wish.action == Action::Ping {
            // Clients learn here that, and how, they can log in. Docker asks nowhere else.
            return match identity {
                Identity::Anonymous if self.can_log_in() => {
                    self.challenge(request, wish, None, "log in to go on".into())
                }
                _ => Decision::Allow,
            };
        }
        let granted = match identity {
            // A token takes nothing away that its bearer has without one: a mount's source is in none of its scopes.
            Identity::Bearer(claims) => {
                let is_open = !self.token_decides() && self.policy().allows(None, wish);
                is_open || claims.access.iter().any(|grant| grant.covers(wish))
            }
            Identity::Anonymous | Identity::User(_) => true,
        };
        let allowed = self.allows(identity, user, wish);
        match (granted && allowed, user) {
            (true, _) => Decision::Allow,
            (false, _) if allowed => {
                let message = format!("the token does not allow to {}", what(wish));
                self.challenge(request, wish, Some("insufficient_scope"), message)
            }
            (false, Some(user)) => Decision::Forbid { message: format!("{user} may not {}", what(wish)) },
            (false, None) if self.can_log_in() => self.challenge(request, wish, None, self.refusal(wish)),
            // RFC 9110, section 15.5.4: a challenge would ask for a login that cannot help.
            (false, None) => Decision::Forbid { message: self.refusal(wish) },
        }
    }

    /// Says whether the rules allow it. A foreign token is the only rule where there is no file of them.
    fn allows(&self, identity: &Identity, user: Option<&str>, wish: &Wish<'_>) -> bool {
        let is_foreign = matches!((identity, &self.options.tokens), (Identity::Bearer(_), Tokens::Foreign(_)));
        if is_foreign && !matches!(self.options.rules, Rules::File(_)) {
            return true;
        }
        if self.token_decides() && matches!(identity, Identity::Anonymous) {
            return false;
        }
        self.policy().allows(user, wish)
    }

    /// Says why nobody in particular may not, and how that changes.
    fn refusal(&self, wish: &Wish<'_>) -> String {
        let what = what(wish);
        if self.can_log_in() {
            return format!("nobody may {what} without logging in");
        }
        match self.options.rules {
            Rules::File(_) => format!("the policy lets nobody {what} without logging in, which --htpasswd FILE allows"),
            _ => format!("nobody may {what}: start the server with --anonymous-push or --htpasswd FILE"),
        }
    }

    fn challenge(&self, request: &Request<'_>, wish: &Wish<'_>, error: Option<&str>, message: String) -> Decision {
        let service = match &self.options.tokens {
            Tokens::None => None,
            Tokens::Own(issuer) => Some(issuer.service()),
            Tokens::Foreign(trust) => Some(trust.audience()),
        };
        let url = self.options.outside.token_url(request);
        let challenge = match (url, service) {
            (Some(url), Some(service)) => realm::bearer(&url, service, scope(request, wish).as_deref(), error),
            _ => realm::basic(),
        };
        Decision::Challenge { challenge, message }
    }

    /// Returns what of the scopes a user may have.
    pub(super) fn grants(&self, user: Option<&str>, wanted: &[Grant]) -> Vec<Grant> {
        let policy = self.policy();
        let granted = wanted.iter().map(|grant| {
            let allowed = grant.wishes().into_iter().filter(|(_, wish)| policy.allows(user, wish));
            Grant { actions: allowed.map(|(name, _)| name.to_owned()).collect(), ..grant.clone() }
        });
        granted.filter(|grant| !grant.actions.is_empty()).collect()
    }
}

impl Authorize for Guard {
    fn authorize(&self, request: &Request<'_>, wish: &Wish<'_>) -> Decision {
        match self.identify(request, wish) {
            Ok(identity) => self.judge(request, &identity, wish),
            Err(decision) => decision,
        }
    }
}

/// Returns the scope to ask a token for: for a mount, that of its source too, as distribution does.
fn scope(request: &Request<'_>, wish: &Wish<'_>) -> Option<String> {
    let own = token::scope_of(wish)?;
    let source =
        request.parameter("mount").and_then(|_| request.parameter("from")).filter(|_| wish.action == Action::Push);
    let pull = |from: String| {
        let wish = Wish { action: Action::Pull, repository: Some(&from) };
        if is_repository_path(&from) { token::scope_of(&wish) } else { None }
    };
    Some(match source.and_then(pull) {
        Some(source) => format!("{own} {source}"),
        None => own,
    })
}

/// Returns whose token it is, if anybody's.
fn name_of(claims: &Claims) -> Option<&str> {
    claims.subject.as_deref().filter(|name| !name.is_empty())
}

fn what(wish: &Wish<'_>) -> String {
    let verb = match wish.action {
        Action::Ping => return "ask".into(),
        Action::Catalog => return "list the repositories".into(),
        Action::Pull => "pull from",
        Action::Push => "push to",
        Action::Delete => "delete from",
    };
    format!("{verb} {}", wish.repository.unwrap_or("here"))
}
