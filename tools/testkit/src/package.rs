//! Binary packages to try things out with, made by our own tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program;

/// What to pack: a file `usr/share/<name>/words`, by a recipe of kind `pack`.
#[derive(Clone, Copy, Debug)]
pub struct TestPackage<'a> {
    /// Name of the package.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// What the file holds.
    pub words: &'a str,
    /// A further field of the recipe, such as `"revision":1,`; it changes the config hash and nothing else.
    pub recipe: &'a str,
    /// `gz` or `zst`.
    pub format: &'a str,
}

impl Default for TestPackage<'_> {
    fn default() -> Self {
        Self {
            name: "words",
            version: "1.0",
            words: "words\n",
            recipe: "",
            format: "gz",
        }
    }
}

impl TestPackage<'_> {
    /// Packs, and puts tarball, sidecar and recipe into `folder` under their final names; returns the tarball's path.
    ///
    /// # Panics
    /// When `binpkg-tool` fails.
    pub fn make(&self, folder: &Path) -> PathBuf {
        let Self {
            name,
            version,
            words,
            recipe,
            format,
        } = self;
        let world = tempfile::tempdir().expect("a temporary folder can be made");
        let dir = world.path();
        let place = dir.join("tree/usr/share").join(name);
        fs::create_dir_all(&place).expect("the world can be written");
        let files = [
            (place.join("words"), (*words).to_owned()),
            (
                dir.join("payload.json"),
                format!(r#"{{"source":"tree","name":"{name}","kind":"","place":"","permissions":[]}}"#),
            ),
            (
                dir.join("in.json"),
                format!(
                    r#"{{"schema":"binpkg-recipe/1","kind":"pack","epoch":1,"name":"{name}","version":"{version}",{recipe}
                    "use":{{}},"platform":{{}},"toolchain":{{}},"patches":[],"phases":[],"env":{{}},"deps":[],"tools":[],
                    "sources":[{{"dest":"","sha256":{{"$sha256":"MANIFEST"}},"strip":0}}],"transforms":[],
                    "layout":{{"kind":"root","prefix":"/usr","libdir":"lib"}}}}"#
                ),
            ),
            (
                dir.join("about.json"),
                format!(
                    r#"{{"target":"//test:{name}","relocatable":false,"prefix_in":[],"runtime_deps":[],"slot":"0",
                    "platform_libraries":[],"missing_libraries":[],"license":"","homepage":"","description":""}}"#
                ),
            ),
        ];
        for (path, text) in files {
            fs::write(path, text).expect("the world can be written");
        }
        for line in [
            "manifest --payload payload.json --out MANIFEST --kind-out kind",
            "hash in.json --recipe-out recipe.json --hash-out hash",
            &format!(
                "pack --payload payload.json --recipe recipe.json --about about.json --format {format} --tarball tarball \
                 --sidecar sidecar --manifest manifest --metadata metadata"
            ),
            "collect --tarball tarball --sidecar sidecar --recipe recipe.json --out files",
        ] {
            let output = Command::new(program("binpkg-tool"))
                .args(line.split_whitespace())
                .current_dir(dir)
                .output()
                .expect("binpkg-tool starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        fs::create_dir_all(folder).expect("the folder can be made");
        let mut tarball = None;
        for entry in fs::read_dir(dir.join("files")).expect("the files are there") {
            let path = entry.expect("the files can be listed").path();
            let place = folder.join(path.file_name().expect("a file has a name"));
            fs::copy(&path, &place).expect("the folder can be written");
            if place.to_string_lossy().ends_with(format) {
                tarball = Some(place);
            }
        }
        tarball.expect("there is a tarball")
    }
}
