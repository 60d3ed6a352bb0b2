//! `cache_validation`: the package's own test of whether its unpacked files are complete.

use std::fs::File;
use std::io::Read;

use pspf_format::metadata::CacheValidation;

use crate::placeholders::Placeholders;

/// No such file is longer than this many bytes; what follows is not compared.
const MAX_LEN: u64 = 64 << 10;

/// Whether `check_file` exists and, where that is given, holds `expected_content`, both without blanks around. A
/// relative path is taken from the workenv.
pub fn is_complete(validation: Option<&CacheValidation>, fill: &Placeholders<'_>) -> bool {
    let Some(validation) = validation else { return true };
    let path = fill.workenv.join(fill.fill(&validation.check_file));
    let Ok(file) = File::open(path) else { return false };
    let Some(expected) = &validation.expected_content else {
        return true;
    };
    let mut found = Vec::new();
    let read = file.take(MAX_LEN).read_to_end(&mut found);
    read.is_ok() && found.trim_ascii() == fill.fill(expected).as_encoded_bytes().trim_ascii()
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn existence_and_trimmed_content() {
        let world = tempfile::tempdir().unwrap();
        std::fs::write(world.path().join("done"), " app 1\n\n").unwrap();
        let fill = Placeholders {
            workenv: world.path(),
            name: "app",
            version: "1",
            slots: &[],
        };
        let test = |file: &str, content: Option<&str>| {
            let validation = CacheValidation {
                check_file: file.into(),
                expected_content: content.map(str::to_owned),
            };
            is_complete(Some(&validation), &fill)
        };
        assert!(is_complete(None, &fill));
        assert!(test("{workenv}/done", Some("{package_name} {version}")));
        assert!(test("done", None));
        assert!(!test("done", Some("app 2")));
        assert!(!test("{workenv}/missing", None));
    }
}
