//! Binary packages to try things out with, made by our own tool.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program;

/// What to pack: a file `usr/share/<name>/words` and whatever else is named, by a recipe of kind `pack`.
#[derive(Clone, Copy, Debug)]
pub struct TestPackage<'a> {
    /// Name of the package.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    /// What the file holds.
    pub words: &'a str,
    /// Further files by their path; those in a folder `bin` are programs.
    pub files: &'a [(&'a str, &'a [u8])],
    /// Links by their path, with their targets.
    pub links: &'a [(&'a str, &'a str)],
    /// Empty folders.
    pub folders: &'a [&'a str],
    /// Packages that it needs at run time; what they need themselves changes nothing here, so that cycles can be made.
    pub deps: &'a [TestPackage<'a>],
    /// The permission list, as JSON.
    pub permissions: &'a str,
    /// The flags that it was built with, as JSON.
    pub use_flags: &'a str,
    /// What it runs on, as JSON.
    pub platform: &'a str,
    /// Whether it works below any prefix.
    pub relocatable: bool,
    /// `root` or `prefix`; by default what the tree looks like.
    pub kind: &'a str,
    /// The slot.
    pub slot: &'a str,
    /// A further field of the recipe, such as `"revision":1,`; it changes the config hash and nothing else.
    pub recipe: &'a str,
    /// `gz` or `zst`.
    pub format: &'a str,
}

/// One file of words, for everywhere: what the others differ from.
pub const WORDS: TestPackage<'_> = TestPackage {
    name: "words",
    version: "1.0",
    words: "words\n",
    files: &[],
    links: &[],
    folders: &[],
    deps: &[],
    permissions: "[]",
    use_flags: "{}",
    platform: "{}",
    relocatable: false,
    kind: "",
    slot: "0",
    recipe: "",
    format: "gz",
};

impl TestPackage<'_> {
    /// Packs, and puts tarball, sidecar and recipe into `folder` under their final names; returns the tarball's path.
    ///
    /// # Panics
    /// When `binpkg-tool` fails.
    pub fn make(&self, folder: &Path) -> PathBuf {
        let world = tempfile::tempdir().expect("a temporary folder can be made");
        let dir = world.path();
        self.pack(dir);
        run(
            dir,
            "collect --tarball tarball --sidecar sidecar --recipe recipe.json --out files",
        );
        fs::create_dir_all(folder).expect("the folder can be made");
        let mut tarball = None;
        for entry in fs::read_dir(dir.join("files")).expect("the files are there") {
            let path = entry.expect("the files can be listed").path();
            let place = folder.join(path.file_name().expect("a file has a name"));
            fs::copy(&path, &place).expect("the folder can be written");
            if place.to_string_lossy().ends_with(self.format) {
                tarball = Some(place);
            }
        }
        tarball.expect("there is a tarball")
    }

    /// Leaves tarball, sidecar, metadata and recipe in `dir`.
    fn pack(&self, dir: &Path) {
        self.tree(&dir.join("tree"));
        let mut deps = Vec::new();
        for (number, dep) in self.deps.iter().enumerate() {
            let world = dir.join(format!("dep{number}"));
            fs::create_dir(&world).expect("the world can be written");
            Self { deps: &[], ..*dep }.pack(&world);
            deps.push(format!("\"dep{number}/metadata\""));
        }
        let Self {
            name,
            version,
            permissions,
            use_flags,
            platform,
            relocatable,
            kind,
            slot,
            recipe,
            format,
            ..
        } = self;
        let granted = match *permissions {
            "[]" => String::new(),
            list => format!(r#""permissions":{list},"#),
        };
        let layout = if *kind == "prefix" { "prefix" } else { "root" };
        let files = [
            (
                "payload.json",
                format!(
                    r#"{{"source":"tree","name":"{name}","kind":"{kind}","place":"","permissions":{permissions}}}"#
                ),
            ),
            (
                "in.json",
                format!(
                    r#"{{"schema":"binpkg-recipe/1","kind":"pack","epoch":1,"name":"{name}","version":"{version}",{recipe}{granted}
                    "use":{use_flags},"platform":{platform},"toolchain":{{}},"patches":[],"phases":[],"env":{{}},"deps":[],"tools":[],
                    "sources":[{{"dest":"","sha256":{{"$sha256":"MANIFEST"}},"strip":0}}],"transforms":[],
                    "layout":{{"kind":"{layout}","prefix":"/usr","libdir":"lib"}}}}"#
                ),
            ),
            (
                "about.json",
                format!(
                    r#"{{"target":"//test:{name}","relocatable":{relocatable},"prefix_in":[],"runtime_deps":[{}],"slot":"{slot}",
                    "platform_libraries":[],"missing_libraries":[],"license":"","homepage":"","description":""}}"#,
                    deps.join(",")
                ),
            ),
        ];
        for (path, text) in files {
            fs::write(dir.join(path), text).expect("the world can be written");
        }
        for line in [
            "manifest --payload payload.json --out MANIFEST --kind-out kind",
            "hash in.json --recipe-out recipe.json --hash-out hash",
            &format!(
                "pack --payload payload.json --recipe recipe.json --about about.json --format {format} --tarball tarball \
                 --sidecar sidecar --manifest manifest --metadata metadata"
            ),
        ] {
            run(dir, line);
        }
    }

    fn tree(&self, tree: &Path) {
        let top = if self.kind == "prefix" { "" } else { "usr/" };
        let words = format!("{top}share/{}/words", self.name);
        for (path, bytes) in self
            .files
            .iter()
            .copied()
            .chain([(words.as_str(), self.words.as_bytes())])
        {
            let place = tree.join(path);
            fs::create_dir_all(place.parent().expect("a file has a folder")).expect("the world can be written");
            fs::write(&place, bytes).expect("the world can be written");
            if path.contains("bin/") {
                executable(&place);
            }
        }
        for path in self.folders {
            fs::create_dir_all(tree.join(path)).expect("the world can be written");
        }
        for (path, target) in self.links {
            let place = tree.join(path);
            fs::create_dir_all(place.parent().expect("a link has a folder")).expect("the world can be written");
            link(target, &place);
        }
    }
}

fn run(dir: &Path, line: &str) {
    let output = Command::new(program("binpkg-tool"))
        .args(line.split_whitespace())
        .current_dir(dir)
        .output()
        .expect("binpkg-tool starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(unix)]
fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("the world can be written");
}

#[cfg(unix)]
fn link(target: &str, place: &Path) {
    std::os::unix::fs::symlink(target, place).expect("the world can be written");
}

#[cfg(not(unix))]
fn executable(_: &Path) {}

#[cfg(not(unix))]
fn link(_: &str, _: &Path) {
    panic!("links are for Unix")
}
