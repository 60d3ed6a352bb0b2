//! `binpkg-tool build`, the program itself: what phases see, what they leave, and what is refused.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use digest::Sha256;
use serde_json::{Value, json};

/// A folder with a recipe, its inputs, and tools: the machine's own shell with all libraries that it needs.
struct World {
    dir: tempfile::TempDir,
    recipe: Value,
    paths: Value,
}

/// The loader and what it loads, so that a phase can start a program where there are no libraries.
const LOADER: [&str; 3] = ["{tool:host}/loader", "--library-path", "{tool:host}/lib"];

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("data.txt"), "data\n").unwrap();
        host_tool(&dir.path().join("host"));
        let recipe = json!({
            "schema": "binpkg-recipe/1", "epoch": 1, "name": "sample", "version": "1.0",
            "platform": {"cpu": "x86_64", "os": "linux"}, "use": {},
            "toolchain": {"id": "none", "identity": "none", "target": "none", "version": "0"},
            "sources": [source("data.txt", dir.path().join("data.txt"))],
            "patches": [], "phases": [], "env": {"SAMPLE": "{out}"}, "deps": [],
            "tools": [{"name": "host", "identity": "this machine's"}],
            "transforms": [], "layout": {"kind": "root", "libdir": "lib", "prefix": "/usr"},
        });
        let paths = json!({
            "sources": ["data.txt"], "patches": [], "deps": {}, "tools": {"host": "host"}, "mentions_build": [],
        });
        Self { dir, recipe, paths }
    }

    /// Adds a phase that gives a script to the shell.
    fn phase(mut self, name: &str, script: &str) -> Self {
        let mut phase = vec![name.to_owned()];
        phase.extend(LOADER.iter().map(|word| (*word).to_owned()));
        phase.extend(["{tool:host}/sh", "-c", script].map(str::to_owned));
        self.recipe["phases"].as_array_mut().unwrap().push(json!(phase));
        self
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Exit code and words, with this world's own places left out. The caller keeps everything to themselves, and does not want to
    /// be interrupted.
    fn build(&self) -> (Option<i32>, String) {
        fs::write(self.path().join("recipe.json"), self.recipe.to_string()).unwrap();
        fs::write(self.path().join("paths.json"), self.paths.to_string()).unwrap();
        let output = Command::new("/bin/sh")
            .args(["-c", "umask 077; trap '' INT; exec \"$@\"", "sh"])
            .arg(testkit::program("binpkg-tool"))
            .args([
                "build",
                "--recipe",
                "recipe.json",
                "--paths",
                "paths.json",
                "--out",
                "out",
                "--jobs",
                "3",
            ])
            .current_dir(self.path())
            .env_clear()
            .env("SAMPLE_OF_THE_CALLER", "seen")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        (
            output.status.code(),
            text.replace(&self.path().display().to_string(), "[WORLD]"),
        )
    }

    /// Why it is refused; nothing may be left of it.
    fn refused(&self) -> String {
        let before = names(self.path());
        let (code, text) = self.build();
        assert_eq!(code, Some(1), "{text}");
        let new: Vec<_> = names(self.path()).difference(&before).cloned().collect();
        assert_eq!(new, ["paths.json", "recipe.json"], "nothing is left behind");
        text
    }

    fn built(&self) -> PathBuf {
        let (code, text) = self.build();
        assert_eq!(code, Some(0), "{text}");
        self.path().join("out")
    }
}

fn source(dest: &str, file: impl AsRef<Path>) -> Value {
    json!({"dest": dest, "sha256": Sha256::of(&fs::read(file).unwrap()).hex(), "strip": 0})
}

fn names(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Copies `sh`, `mkdir`, `cat` and `touch` with their loader and libraries.
fn host_tool(dir: &Path) {
    let loader = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    let loader = loader.iter().find(|path| Path::new(path).exists()).expect("a glibc");
    fs::create_dir_all(dir.join("lib")).unwrap();
    fs::copy(loader, dir.join("loader")).unwrap();
    for program in ["sh", "mkdir", "cat", "touch"] {
        let path = ["/bin", "/usr/bin"].map(|dir| Path::new(dir).join(program));
        let path = path.iter().find(|path| path.exists()).unwrap().canonicalize().unwrap();
        fs::copy(&path, dir.join(program)).unwrap();
        let list = Command::new(loader).arg("--list").arg(&path).output().unwrap();
        for word in String::from_utf8(list.stdout).unwrap().split_whitespace() {
            let library = Path::new(word);
            if library.is_absolute() && library.exists() && word != *loader {
                fs::copy(library, dir.join("lib").join(library.file_name().unwrap())).unwrap();
            }
        }
    }
}

/// Where the kernel gives no namespaces there is nothing to look at but the refusal itself.
fn can_build() -> bool {
    let world = World::new().phase("probe", "echo x >{out}/x");
    let (code, text) = world.build();
    if code == Some(0) {
        return true;
    }
    assert!(text.contains("needs user namespaces"), "{text}");
    eprintln!("SKIPPED: building from source: the kernel permits no user namespaces here");
    false
}

/// A program of the copied tools, as words of a script.
fn run(words: &str) -> String {
    format!("{} {{tool:host}}/{words}", LOADER.join(" "))
}

#[test]
fn phases_see_the_recipe_and_nothing_else() {
    if !can_build() {
        return;
    }
    let script = [
        "cd {src}; for f in /* /build/* /build/tool/* /dev/* *; do echo $f; done >{out}/files",
        &format!(
            "{} >{{out}}/names",
            run("cat /proc/sys/kernel/hostname /etc/passwd /etc/hosts")
        ),
    ];
    let mut world = World::new().phase("look", &script.join("\n"));
    world.paths["mentions_build"] = json!(["."]);
    let out = world.built();
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(
        read("files"),
        "/build\n/dev\n/etc\n/proc\n/tmp\n/build/home\n/build/out\n/build/src\n/build/tmp\n/build/tool\n/build/tool/host\n/dev/fd\n\
         /dev/full\n/dev/null\n/dev/random\n/dev/stderr\n/dev/stdin\n/dev/stdout\n/dev/urandom\n/dev/zero\ndata.txt\n"
    );
    assert_eq!(
        read("names"),
        "buckpack-builder\nroot:x:0:0:root:/:/bin/sh\nbuilder:x:1000:1000:builder:/build/home:/bin/sh\n127.0.0.1 localhost \
         buckpack-builder\n"
    );
}

#[test]
fn the_environment_is_that_of_the_recipe() {
    if !can_build() {
        return;
    }
    let mut world = World::new().phase(
        "look",
        "echo \"$SAMPLE|$SAMPLE_OF_THE_CALLER|$PWD|{jobs}|$HOME\" >{out}/x",
    );
    world.paths["mentions_build"] = json!(["x"]);
    assert_eq!(
        fs::read_to_string(world.built().join("x")).unwrap(),
        "/build/out||/build/src|3|\n"
    );
}

#[test]
fn modes_do_not_depend_on_the_caller() {
    if !can_build() {
        return;
    }
    let world = World::new().phase("build", "umask >{out}/umask");
    let out = world.built();
    assert_eq!(fs::read_to_string(out.join("umask")).unwrap(), "0022\n");
    for (path, mode) in [("", 0o755), ("umask", 0o644)] {
        let found = fs::metadata(out.join(path)).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{path}");
    }
}

#[test]
fn signals_do_not_depend_on_the_caller() {
    if can_build() {
        let text = World::new().phase("die", "kill -INT $$; echo survived").refused();
        assert!(text.contains("the phase `die` failed with signal: 2"), "{text}");
    }
}

#[test]
fn inputs_cannot_be_written() {
    if !can_build() {
        return;
    }
    let script = format!(
        "{} 2>/dev/null || echo refused >{{out}}/x",
        run("touch {tool:host}/loader")
    );
    let world = World::new().phase("write", &script);
    assert_eq!(fs::read_to_string(world.built().join("x")).unwrap(), "refused\n");
}

#[test]
fn sources_lie_over_each_other_and_are_patched() {
    if !can_build() {
        return;
    }
    let mut world = World::new().phase(
        "install",
        &format!("{} >{{out}}/all", run("cat one/data.txt one/more.txt new.txt")),
    );
    fs::create_dir(world.path().join("tree")).unwrap();
    fs::write(world.path().join("tree/data.txt"), "first\nsecond\n").unwrap();
    fs::write(world.path().join("tree/more.txt"), "more\n").unwrap();
    let patch = "--- a/one/data.txt\n+++ b/one/data.txt\n@@ -1 +1 @@\n-data\n+patched\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n";
    fs::write(world.path().join("a.patch"), patch).unwrap();
    let tree = binpkg::payload::input_digest(&world.path().join("tree")).unwrap();
    world.recipe["sources"] = json!([{"dest": "one", "sha256": tree.hex(), "strip": 0}, source("one/data.txt", world.path().join("data.txt"))]);
    world.recipe["patches"] = json!([Sha256::of(patch.as_bytes()).hex()]);
    world.paths["sources"] = json!(["tree", "data.txt"]);
    world.paths["patches"] = json!(["a.patch"]);
    assert_eq!(
        fs::read_to_string(world.built().join("all")).unwrap(),
        "patched\nmore\nnew\n"
    );
    // The inputs themselves are nobody's to change.
    assert_eq!(fs::read_to_string(world.path().join("data.txt")).unwrap(), "data\n");
}

#[test]
fn transforms_remove_what_is_there() {
    if !can_build() {
        return;
    }
    let mut world = World::new().phase(
        "install",
        &format!(
            "{}; echo >{{out}}/usr/x; echo >{{out}}/usr/y",
            run("mkdir -p {out}/usr/z/z")
        ),
    );
    world.recipe["transforms"] = json!([["remove", "usr/x", "usr/z"]]);
    assert_eq!(names(&world.built().join("usr")), ["y".to_owned()].into());
    fs::remove_dir_all(world.path().join("out")).unwrap();
    for name in ["recipe.json", "paths.json"] {
        fs::remove_file(world.path().join(name)).unwrap();
    }
    world.recipe["transforms"] = json!([["remove", "usr/none"]]);
    assert!(
        world
            .refused()
            .contains("`remove`: expected `usr/none` in the output, found none")
    );
}

#[test]
fn a_path_map_that_is_not_the_recipes() {
    let world = || World::new().phase("install", "echo >{out}/x");
    let mut other = world();
    fs::write(other.path().join("other.txt"), "other\n").unwrap();
    other.paths["sources"] = json!(["other.txt"]);
    let (expected, found) = (Sha256::of(b"data\n"), Sha256::of(b"other\n"));
    assert!(other.refused().contains(&format!(
        "source 1, other.txt: expected sha256 {expected}, found {found}; the recipe was hashed for another file"
    )));
    for (change, words) in [
        (json!({"sources": []}), "expected 1 of kind source, found 0"),
        (json!({"patches": ["data.txt"]}), "expected 0 of kind patch, found 1"),
        (
            json!({"deps": {"zlib": "host"}}),
            "the dependency `zlib` is in the path map, expected it in the recipe, too",
        ),
        (
            json!({"tools": {}}),
            "the tool `host` is in the recipe, expected it in the path map, too",
        ),
    ] {
        let mut world = world();
        for (key, value) in change.as_object().unwrap() {
            world.paths[key] = value.clone();
        }
        let text = world.refused();
        assert!(text.contains(words), "{words}: {text}");
    }
    let mut dots = world();
    dots.paths["tools"] = json!({"..": "host"});
    dots.recipe["tools"] = json!([{"name": "..", "identity": "x"}]);
    assert!(dots.refused().contains("the tool `..` cannot be the name of a folder"));
}

#[test]
fn failures_say_where() {
    if !can_build() {
        return;
    }
    let fails = World::new().phase("compile", "echo trouble; exit 7").refused();
    assert!(fails.contains("\ntrouble\n"), "{fails}");
    assert!(
        fails.contains("the phase `compile` failed with exit status: 7: /build/tool/host/loader"),
        "{fails}"
    );
    let nothing = World::new().phase("install", ":").refused();
    assert!(nothing.contains("the phases put nothing into {out}"), "{nothing}");
    let mut missing = World::new();
    missing.recipe["phases"] = json!([["compile", "cc", "x.c"]]);
    let missing = missing.refused();
    assert!(
        missing.contains("the phase `compile` cannot start `cc`; is it in one of the recipe's tools?"),
        "{missing}"
    );
    let unknown = World::new().phase("compile", "{dep:zlib}").refused();
    assert!(
        unknown.contains("names the dependency `zlib`, which the recipe does not have"),
        "{unknown}"
    );
}

#[test]
fn leaks_are_found() {
    if !can_build() {
        return;
    }
    for (text, found) in [
        ("{src}/x.c", "/build/src"),
        ("{tool:host}", "/build/tool"),
        ("buckpack-builder", "buckpack-builder"),
    ] {
        let world = World::new().phase("install", &format!("echo 'was {text}' >{{out}}/x"));
        let words = world.refused();
        assert!(
            words.contains(&format!("the output tells where it was made: x ({found});")),
            "{words}"
        );
    }
    let mut known = World::new().phase(
        "install",
        &format!("{}; echo {{src}} >{{out}}/usr/x", run("mkdir {out}/usr")),
    );
    known.paths["mentions_build"] = json!(["usr"]);
    known.built();
}

#[test]
fn what_is_there_stays() {
    let world = World::new().phase("install", "echo >{out}/x");
    fs::create_dir(world.path().join("out")).unwrap();
    let words = world.refused();
    assert!(
        words.contains("out exists already; remove it, or build to another place"),
        "{words}"
    );
    assert_eq!(names(&world.path().join("out")), BTreeSet::new());
}
