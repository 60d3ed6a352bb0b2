//! A mirror that is a directory of this machine.

use std::fs::File;
use std::path::PathBuf;

use crate::transport::{Content, OpenError, Transport};

/// The directory that holds the letters.
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The mirror at `root`; nothing is looked at before a file is opened.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }
}

impl Transport for Directory {
    fn open(&self, path: &str) -> Result<Content, OpenError> {
        let file = File::open(self.root.join(path))?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(OpenError::NotThere);
        }
        Ok(Content::whole(Box::new(file), Some(found.len())))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn files_and_nothing_else() {
        let world = tempfile::tempdir().unwrap();
        std::fs::create_dir(world.path().join("b")).unwrap();
        std::fs::write(world.path().join("b/x"), "bytes").unwrap();
        let mirror = Directory::new(world.path().to_owned());
        let mut content = mirror.open("b/x").unwrap();
        let mut text = String::new();
        content.reader.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), content.length), ("bytes", Some(5)));
        for path in ["b", "b/y", "c/x", "b/x/z"] {
            assert!(matches!(mirror.open(path), Err(OpenError::NotThere)), "{path}");
        }
    }
}
