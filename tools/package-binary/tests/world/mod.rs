//! A project with packages, and an engine that answers as Buck2 and fawn do.
#![allow(dead_code, reason = "every test file uses what it needs")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};
use testkit::TestPackage;

/// Answers `audit subtargets` from files named after the pattern, and `build` with a report that is lying ready.
const ENGINE: &str = r#"#!/bin/sh
world=$(dirname "$0")
echo "$PWD $LANG: $*" >>"$world/asked"
case $1 in
audit)
    answer=$world/subtargets/$(echo "$3" | tr -c 'a-z.\n' _)
    cat "$answer" 2>/dev/null || { echo "no target matches $3" >&2; exit 3; }
    ;;
build)
    case $PWD in *elsewhere*) report=report-elsewhere.json ;; *) report=report.json ;; esac
    while [ "$1" != --build-report ]; do shift; done
    [ -e "$world/$report" ] || { echo "no report" >&2; exit 3; }
    cp "$world/$report" "$2"
    grep -q '"success":true' "$2"
    ;;
esac
"#;

pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// A project with the packages `//a:words` and `//a:base`, and `//a:tool`, which is none.
    pub fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(world.path("project/folder")).unwrap();
        fs::create_dir_all(world.path("project/buck-out")).unwrap();
        fs::create_dir_all(world.path("subtargets")).unwrap();
        fs::write(world.path("project/.buckconfig"), "[project]\nignore = .git, target\n").unwrap();
        fs::write(world.path("engine"), ENGINE).unwrap();
        fs::set_permissions(world.path("engine"), fs::Permissions::from_mode(0o755)).unwrap();
        let package = |name: &str| {
            ["tarball", "sha256", "recipe", "manifest"]
                .map(|sub| format!("root//a:{name}[{sub}] (platform#0123)\n"))
                .concat()
        };
        world.sub_targets("__a_words", &package("words"));
        world.sub_targets("__a_...", &[package("words"), package("base")].concat());
        world.sub_targets("__a_tool", "root//a:tool[debug] (platform#0123)\n");
        world.sub_targets("__empty_...", "");
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn sub_targets(&self, pattern: &str, text: &str) {
        fs::write(self.path("subtargets").join(pattern), text).unwrap();
    }

    /// Makes a package where an engine would have left it, and returns its entry of the report.
    pub fn built(&self, package: &TestPackage<'_>) -> Json {
        let place = format!(
            "project/buck-out/{}-{}-{}",
            package.name, package.version, package.format
        );
        let tarball = package.make(&self.path(&place));
        let (name, parts) = (tarball.file_name().unwrap().to_str().unwrap(), self.path(&place));
        fs::rename(&tarball, parts.join("tar")).unwrap();
        fs::rename(parts.join(format!("{name}.sha256")), parts.join("sha256")).unwrap();
        fs::rename(parts.join(format!("{name}.recipe.json")), parts.join("recipe.json")).unwrap();
        let at = |file: &str| vec![format!("{}/{file}", place.strip_prefix("project/").unwrap())];
        json!({"success": "SUCCESS", "errors": [],
            "outputs": {"tarball": at("tar"), "sha256": at("sha256"), "recipe": at("recipe.json")}})
    }

    pub fn report(&self, name: &str, results: &[(&str, Json)]) {
        let ok = results.iter().all(|(_, entry)| entry["success"] == "SUCCESS");
        let results: serde_json::Map<_, _> = results
            .iter()
            .map(|(label, entry)| ((*label).to_owned(), json!({"success": "", "configured": {"c": entry}})))
            .collect();
        let report = json!({"success": ok, "results": results, "project_root": self.path("project"), "strings": {"1": "it broke"}});
        fs::write(self.path(name), report.to_string()).unwrap();
    }

    pub fn run(&self, args: &[&str]) -> Output {
        Command::new(testkit::program("package-binary"))
            .args(args)
            .current_dir(self.path("project/folder"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("FAWN", self.path("engine"))
            .output()
            .unwrap()
    }

    pub fn asked(&self) -> String {
        fs::read_to_string(self.path("asked")).unwrap()
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn refused(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    assert!(
        stderr(output).contains(words),
        "expected `{words}`, found {}",
        stderr(output)
    );
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
