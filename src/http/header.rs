//! Header fields, in the order in which they came.

/// Header fields. Names are compared without regard to case: RFC 9110, section 5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(String, String)>,
}

impl Headers {
    /// Returns no fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the value of the first field of this name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Returns the value of the field of this name; nothing when there is none or more than one.
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut all = self.all(name);
        let only = all.next();
        if all.next().is_some() { None } else { only }
    }

    /// Returns the values of all fields of this name, in their order.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.fields.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Says whether there is a field of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// Adds a field behind those that are there.
    ///
    /// # Panics
    /// When name or value has a line break or a NUL, which would end the field: a value from outside must be checked before.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        let breaks = |text: &str| text.contains(['\r', '\n', '\0']);
        assert!(!breaks(&name) && !breaks(&value), "a header field is one line");
        self.fields.push((name, value));
    }

    /// Puts a field in the place of all of its name.
    ///
    /// # Panics
    /// As for [`add`](Self::add).
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = name.into();
        self.remove(&name);
        self.add(name, value);
    }

    /// Removes all fields of this name.
    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    /// Returns names and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case() {
        let mut headers = Headers::new();
        headers.add("Accept", "a");
        headers.add("accept", "b");
        assert_eq!(headers.first("ACCEPT"), Some("a"));
        assert_eq!(headers.all("aCCept").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(headers.only("accept"), None);
        headers.set("ACCEPT", "c");
        assert_eq!(headers.only("accept"), Some("c"));
        headers.remove("accept");
        assert!(!headers.contains("accept"));
    }

    #[test]
    #[should_panic(expected = "one line")]
    fn a_value_cannot_begin_another_field() {
        Headers::new().add("Location", "/x\r\nSet-Cookie: y");
    }
}
