//! Placeholders in commands, paths and values: `{workenv}`, `{package_name}`, `{version}`, `{slot:N}`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// What the placeholders of one start stand for.
#[derive(Debug)]
pub struct Placeholders<'a> {
    /// `{workenv}`
    pub workenv: &'a Path,
    /// `{package_name}`
    pub name: &'a str,
    /// `{version}`
    pub version: &'a str,
    /// `{slot:N}`: the place of slot N below the workenv; empty for a tree, which is the workenv itself.
    pub slots: &'a [(u64, String)],
}

impl Placeholders<'_> {
    /// Replaces every placeholder, once: what a value brings in is not looked at again. Braces that are no
    /// placeholder, and slots that do not exist, are left as they are.
    pub fn fill(&self, text: &str) -> OsString {
        let mut out = OsString::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            out.push(&rest[..start]);
            rest = &rest[start..];
            let length = match rest.find('}') {
                Some(end) if self.push(&rest[1..end], &mut out) => end + 1,
                _ => {
                    out.push("{");
                    1
                }
            };
            rest = &rest[length..];
        }
        out.push(rest);
        out
    }

    /// Adds the value of the placeholder `name`; false when there is none of that name.
    fn push(&self, name: &str, out: &mut OsString) -> bool {
        match name {
            "workenv" => out.push(self.workenv),
            "package_name" => out.push(self.name),
            "version" => out.push(self.version),
            _ => {
                let number = name.strip_prefix("slot:").and_then(|number| number.parse().ok());
                let slot = number.and_then(|number: u64| self.slots.iter().find(|(slot, _)| *slot == number));
                let Some((_, place)) = slot else {
                    return false;
                };
                out.push(self.workenv);
                if !place.is_empty() {
                    out.push("/");
                    out.push(OsStr::new(place));
                }
            }
        }
        true
    }
}

/// The numbers of the slots that `text` names by `{slot:N}`.
pub fn slot_numbers(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.split("{slot:")
        .skip(1)
        .filter_map(|rest| rest.split('}').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> String {
        let slots = [(0, "bin/tool".to_owned()), (2, String::new())];
        let workenv = Path::new("/c d/{version}/w");
        let placeholders = Placeholders {
            workenv,
            name: "app",
            version: "1.0",
            slots: &slots,
        };
        placeholders.fill(text).into_string().unwrap()
    }

    #[test]
    fn every_placeholder_once() {
        assert_eq!(
            fill("{workenv}/bin/{package_name}-{version}"),
            "/c d/{version}/w/bin/app-1.0"
        );
        assert_eq!(fill("{slot:0} {slot:2}"), "/c d/{version}/w/bin/tool /c d/{version}/w");
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        for text in ["{slot:1}", "{slot:x}", "{}", "{", "a}b", "{ workenv }", "{{", "${HOME}"] {
            assert_eq!(fill(text), text);
        }
        assert_eq!(fill("{{version}}"), "{1.0}");
    }

    #[test]
    fn numbers_of_slots() {
        assert_eq!(
            slot_numbers("{slot:3} {slot:0}{slot:x} {slot:").collect::<Vec<_>>(),
            [3, 0]
        );
    }
}
