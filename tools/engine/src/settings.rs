//! The settings of a project: the `.buckconfig` that is found from a folder upward, as far as our programs read it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Values by section and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The folder of the project; `None` outside of any.
    pub project: Option<PathBuf>,
    values: BTreeMap<(String, String), String>,
}

impl Settings {
    /// The settings of the project that `from` lies in: `.buckconfig`, then `.buckconfig.local`. Included files are not read.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn find(from: &Path) -> io::Result<Self> {
        // The outermost one counts: folders with a `.buckconfig` in a project are its cells.
        let project = from
            .ancestors()
            .filter(|folder| folder.join(".buckconfig").is_file())
            .last();
        let Some(project) = project else {
            return Ok(Self::default());
        };
        let mut settings = Self {
            project: Some(project.to_owned()),
            values: BTreeMap::new(),
        };
        for name in [".buckconfig", ".buckconfig.local"] {
            match fs::read_to_string(project.join(name)) {
                Ok(text) => settings.add(&text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(settings)
    }

    /// A value, if it is set and not empty.
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        let value = self.values.get(&(section.to_owned(), key.to_owned()))?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// A value of several words, separated by blanks or commas.
    pub fn list(&self, section: &str, key: &str) -> Vec<String> {
        let words = self.get(section, key).unwrap_or_default().split([' ', ',', '\t']);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn add(&mut self, text: &str) {
        let mut section = String::new();
        // A line that ends in a backslash goes on in the next one.
        let joined = text.replace("\\\n", " ");
        for line in joined.lines().map(str::trim) {
            if line.starts_with('#') || line.starts_with(';') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                name.trim().clone_into(&mut section);
            } else if let Some((key, value)) = line.split_once('=') {
                self.values
                    .insert((section.clone(), key.trim().to_owned()), value.trim().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_and_its_settings() {
        let world = tempfile::tempdir().unwrap();
        let below = world.path().join("cell/folder");
        fs::create_dir_all(&below).unwrap();
        assert_eq!(Settings::find(&below).unwrap().project, None);
        fs::write(below.join("../.buckconfig"), "[buckos]\nbinary_mirror = /cell\n").unwrap();
        let text = "# words\n[buckos] ; more\n  binary_mirror = https://a,\\\n  https://b\n prefer_binaries=true\n[x]\nbinary_mirror = /x\n";
        fs::write(world.path().join(".buckconfig"), text).unwrap();
        let settings = Settings::find(&below).unwrap();
        assert_eq!(settings.project.as_deref(), Some(world.path()));
        assert_eq!(settings.list("buckos", "binary_mirror"), ["https://a", "https://b"]);
        assert_eq!(settings.get("buckos", "prefer_binaries"), Some("true"));
        assert_eq!(settings.get("x", "prefer_binaries"), None);
        fs::write(
            world.path().join(".buckconfig.local"),
            "[buckos]\nbinary_mirror = /local\n",
        )
        .unwrap();
        assert_eq!(
            Settings::find(&below).unwrap().list("buckos", "binary_mirror"),
            ["/local"]
        );
    }
}
