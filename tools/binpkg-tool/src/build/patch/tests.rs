use super::*;

/// A directory with the files, after the patch; or what is said.
fn patched(files: &[(&str, &str)], patch: &str) -> Result<Vec<(String, String)>> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    apply(patch.as_bytes(), dir.path())?;
    let mut found = Vec::new();
    let mut folders = vec![dir.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn refused(files: &[(&str, &str)], patch: &str) -> String {
    format!("{:#}", patched(files, patch).unwrap_err())
}

const ABC: (&str, &str) = ("a.txt", "one\ntwo\nthree\n");

#[test]
fn edits_creates_and_deletes() {
    let patch = "Says why.\n\n--- a/a.txt\t2020-01-01\n+++ b/a.txt\n@@ -1,3 +1,4 @@ somewhere\n one\n-two\n+TWO\n+two and a half\n three\n\
                 diff --git a/new/b.sh b/new/b.sh\nnew file mode 100755\n--- /dev/null\n+++ b/new/b.sh\n@@ -0,0 +1 @@\n+echo\n\
                 --- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
    let found = patched(&[ABC, ("old", "x\n")], patch).unwrap();
    let expected = [("a.txt", "one\nTWO\ntwo and a half\nthree\n"), ("new/b.sh", "echo\n")];
    let found: Vec<_> = found
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn line_ends_at_the_end() {
    let file = ("a", "one\ntwo");
    let without = "\\ No newline at end of file\n";
    let gains = format!("--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n one\n-two\n{without}+two\n");
    assert_eq!(patched(&[file], &gains).unwrap()[0].1, "one\ntwo\n");
    let keeps = format!("--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n{without}");
    assert_eq!(patched(&[file], &keeps).unwrap()[0].1, "1\ntwo");
    let loses = format!("--- a/a.txt\n+++ b/a.txt\n@@ -3 +3 @@\n-three\n+three\n{without}");
    assert_eq!(patched(&[ABC], &loses).unwrap()[0].1, "one\ntwo\nthree");
}

#[test]
fn nothing_is_guessed() {
    let edit = |hunk: &str| refused(&[ABC], &format!("--- a/a.txt\n+++ b/a.txt\n{hunk}"));
    assert_eq!(
        edit("@@ -1,2 +1,2 @@\n one\n-too\n+TWO\n"),
        "a.txt: the hunk of line 3 does not fit line 2: expected `too\\n`, found `two\\n`; make the patch anew against these \
         sources"
    );
    // One line further down it would fit.
    assert!(edit("@@ -1 +1 @@\n-two\n+TWO\n").contains("does not fit line 1"));
    assert!(edit("@@ -9 +9 @@\n-two\n+TWO\n").contains("is for line 9; expected one of 1 to 3"));
    assert!(
        edit("@@ -2 +2 @@\n-two\n+TWO\n@@ -1 +1 @@\n-one\n+ONE\n").contains("is for line 1; expected one of 3 to 3")
    );
    assert!(edit("@@ -1,2 +1 @@\n one\n").contains("it ends within the hunk of line 3, 1 old and 0 new lines early"));
    assert!(edit("@@ -1 +1,2 @@\n-one\n-two\n+x\n").contains("the hunk of line 3 has more lines than it says"));
    assert!(edit("@@ -1 +1 @@\n*one\n").contains("expected ` `, `-` or `+`"));
    assert!(edit("@@ -x +1 @@\n").contains("expected `@@ -START,COUNT"));
    assert!(edit("").contains("has no change"));
}

#[test]
fn refused_kinds_and_names() {
    for (patch, words) in [
        ("", "it changes no file"),
        ("--- a/../x\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n", "`../x`"),
        ("--- x\n+++ x\n@@ -0,0 +1 @@\n+x\n", "expected a name below a folder"),
        (
            "--- a/x\n+++ b/y\n@@ -1 +1 @@\n-x\n+y\n",
            "expected one file, found `x` and `y`",
        ),
        ("--- /dev/null\n+++ /dev/null\n", "expected a file"),
        (
            "diff --git a/x b/y\nrename from x\n",
            "expected changes of text, found `rename from`",
        ),
        ("GIT binary patch\n", "found `GIT binary patch`"),
        (
            "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n",
            "expected no such file, found one",
        ),
        (
            "--- a/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n",
            "expected nothing to be left of it, found 10 bytes",
        ),
        ("--- a/none\n+++ b/none\n@@ -1 +1 @@\n-x\n+y\n", "none: cannot read it"),
    ] {
        let found = refused(&[ABC], patch);
        assert!(found.contains(words), "{words}: {found}");
    }
}

#[test]
fn links_are_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", dir.path().join("link")).unwrap();
    let patch = b"--- /dev/null\n+++ b/link/x\n@@ -0,0 +1 @@\n+x\n";
    let error = apply(patch, dir.path()).unwrap_err().to_string();
    assert!(error.contains("expected a file, found the link"), "{error}");
}
