//! A git repository mounted as a cell under another name, from a local path.

use std::path::Path;
use std::process::Command;

fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(words);
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@b"),
        ("GIT_COMMITTER_EMAIL", "a@b"),
    ] {
        command.env(name, value);
    }
    let output = command.output().expect("git starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("folder");
        std::fs::write(path, text).expect("file");
    }
}

const RULES: &str = r#"
def _impl(ctx):
    return [DefaultInfo(default_output = ctx.actions.write("out.txt", "{} {}".format(ctx.attrs._helper.label.raw_target(), ctx.attrs.text)))]

text = rule(impl = _impl, attrs = {
    "text": attrs.string(),
    "_helper": attrs.default_only(attrs.dep(default = "//helpers:h")),
})
"#;

#[test]
fn rules_of_a_mounted_repository_are_blind_to_its_name() {
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("SKIPPED: `git` is not on PATH");
        return;
    }
    let world = tempfile::tempdir().expect("folder");
    let (origin, project) = (world.path().join("origin"), world.path().join("project"));
    write(
        &origin,
        &[
            (".buckconfig", "[cells]\n  own = .\n"),
            ("rules/defs.bzl", RULES),
            ("rules/BUCK", ""),
            (
                "helpers/BUCK",
                "filegroup(name = \"h\", srcs = [\"f.txt\"], visibility = [\"PUBLIC\"])\n",
            ),
            ("helpers/f.txt", "f"),
        ],
    );
    git(&origin, &["init", "--quiet"]);
    git(&origin, &["add", "."]);
    git(&origin, &["commit", "--quiet", "-m", "one"]);
    let commit = git(&origin, &["rev-parse", "HEAD"]);
    let config = format!(
        "[cells]\n  root = .\n  other = other\n  prelude = prelude\n  toolchains = none\n[external_cells]\n  other = git\n  prelude = bundled\n\
         [external_cell_other]\n  git_origin = {}\n  commit_hash = {commit}\n",
        origin.display()
    );
    write(
        &project,
        &[
            (".buckconfig", &config),
            (
                "BUCK",
                "load(\"@other//rules:defs.bzl\", \"text\")\ntext(name = \"a\", text = \"hello\")\n",
            ),
        ],
    );
    let build = || {
        let program = testkit::program("fawn");
        let output = Command::new(program)
            .current_dir(&project)
            .args(["build", "//:a", "--out", "-"])
            .output();
        let output = output.expect("fawn starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert_eq!(build(), "other//helpers:h hello");
    // The checkout is kept: the origin is not needed again.
    std::fs::remove_dir_all(&origin).expect("folder");
    assert_eq!(build(), "other//helpers:h hello");
}
