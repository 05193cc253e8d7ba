//! `htpasswd` files: users and the bcrypt hashes of their passwords.
//!
//! htpasswd(1), "Password Formats": <https://httpd.apache.org/docs/2.4/programs/htpasswd.html>. The other hashes in use there (MD5, SHA-1,
//! crypt, plain text) are refused: a stolen file would give the passwords away.

use std::collections::BTreeMap;

use super::watched::Wrong;

/// Users and hashes.
#[derive(Debug)]
pub(super) struct Htpasswd {
    users: BTreeMap<String, String>,
    /// What the password of a user that is not there is compared with, so that it takes as long as that of one who is.
    nobody: String,
}

/// A hash that no password is known for, of htpasswd's usual cost, for files without users.
const NOBODY: &str = "$2y$10$Vv.T0HTI8j4TagWr447gcOVodNX3r2KYJcZAibVj9k14BdJAlwSge";

/// Above this cost a single check takes more than 10 s.
const MAX_COST: u32 = 17;

impl Htpasswd {
    /// Reads the text of a file.
    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let mut users = BTreeMap::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let begin = at;
            at += line.len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((user, hash)) = line.split_once(':').filter(|(user, _)| !user.is_empty()) else {
                return Err(Wrong::new(begin, "expected USER:HASH"));
            };
            check(hash).map_err(|reason| Wrong::new(begin + user.len() + 1, reason))?;
            if users.insert(user.to_owned(), hash.to_owned()).is_some() {
                return Err(Wrong::new(begin, format!("{user} is there twice")));
            }
        }
        // The dearest, so that it is never the quicker answer that tells who is not there.
        let nobody = users.values().max_by_key(|hash| cost(hash)).cloned().unwrap_or_else(|| NOBODY.to_owned());
        Ok(Self { users, nobody })
    }

    /// Returns the hash of a user.
    pub(super) fn hash(&self, user: &str) -> Option<&str> {
        self.users.get(user).map(String::as_str)
    }

    /// Returns the hash to spend the time of a check on when there is no such user.
    pub(super) fn nobody(&self) -> &str {
        &self.nobody
    }
}

fn cost(hash: &str) -> Option<u32> {
    hash.get(4..6)?.parse().ok()
}

/// Says what is wrong with a hash. The hash itself is no part of the message.
fn check(hash: &str) -> Result<(), String> {
    let only = "only bcrypt is taken; make the line with: htpasswd -nB USER";
    if !["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix)) {
        let kind = match hash {
            hash if hash.starts_with("$apr1$") || hash.starts_with("$1$") => "an MD5 hash",
            hash if hash.starts_with("{SHA}") => "a SHA-1 hash",
            hash if hash.starts_with("$5$") || hash.starts_with("$6$") => "a SHA-2 hash",
            _ => "a plain password or a hash of another kind",
        };
        return Err(format!("{kind}; {only}"));
    }
    let parts: bcrypt::HashParts = hash.parse().map_err(|_| format!("not a whole bcrypt hash; {only}"))?;
    match parts.get_cost() {
        4..=MAX_COST => Ok(()),
        cost => Err(format!("a bcrypt cost of {cost}; 4 to {MAX_COST} are taken")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$2y$05$rvyBiVL1oGUnsTU4N76GB.N5EsTDWn2e73PaOxwouL9ImQY9usN1u";

    #[test]
    fn users_are_found() {
        let file = Htpasswd::parse(&format!("# people\n\nalice:{HASH}\r\nbob:{}\n", HASH.replace("$05$", "$06$")));
        let file = file.expect("parses");
        assert_eq!(file.hash("alice"), Some(HASH));
        assert_eq!(file.hash("carol"), None);
        assert!(file.nobody().starts_with("$2y$06$"), "the dearest");
        assert_eq!(Htpasswd::parse("").expect("parses").nobody(), NOBODY);
        assert_eq!(check(NOBODY), Ok(()));
    }

    #[test]
    fn all_but_bcrypt_is_refused_where_it_stands() {
        let only = "only bcrypt is taken; make the line with: htpasswd -nB USER";
        let table = [
            ("alice".into(), 0, "expected USER:HASH".into()),
            (":x".into(), 0, "expected USER:HASH".into()),
            ("a:$apr1$x$y".into(), 2, format!("an MD5 hash; {only}")),
            ("a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".into(), 2, format!("a SHA-1 hash; {only}")),
            ("a:$6$x$y".into(), 2, format!("a SHA-2 hash; {only}")),
            ("\nab:secret".into(), 4, format!("a plain password or a hash of another kind; {only}")),
            ("a:$2y$05$short".into(), 2, format!("not a whole bcrypt hash; {only}")),
            (format!("a:{}", HASH.replace("$05$", "$31$")), 2, "a bcrypt cost of 31; 4 to 17 are taken".into()),
            (format!("a:{HASH}\na:{HASH}"), 63, "a is there twice".into()),
        ];
        for (text, at, reason) in table {
            assert_eq!(Htpasswd::parse(&text).expect_err(&text), Wrong { at, reason }, "{text}");
        }
    }
}
