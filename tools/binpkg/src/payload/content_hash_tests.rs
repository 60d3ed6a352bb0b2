//! The vector of section 4.3 and the two lists below it, out of real trees.

use std::fs::{File, FileTimes};
use std::os::unix::fs::lchown;
use std::time::{Duration, UNIX_EPOCH};

use super::*;

const SU: &str = r#"[{"path": "usr/bin/su", "mode": "4755"}]"#;
const VECTOR_HASH: &str = "f44b10b1b114dccc83c518c961de2a709ba1e79b7f6d1056b6040baef94428d9";

/// What is changed in a tree, and the change.
type Change = (&'static str, fn(&Path));

/// The content hash of the vector's tree after a change.
fn content_hash(permissions: &str, change: impl FnOnce(&Path)) -> String {
    let world = tempfile::tempdir().unwrap();
    let tree = world.path().join("tree");
    vector(&tree, false);
    change(&tree);
    scan(&tree, permissions).unwrap().manifest().content_hash().hex()
}

fn chmod(path: PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Puts something else in the place of the link `hi`.
fn in_place_of_the_link(root: &Path, put: impl FnOnce(&Path)) {
    let link = root.join("usr/bin/hi");
    fs::remove_file(&link).unwrap();
    put(&link);
}

#[test]
fn vector_out_of_a_tree() {
    for backwards in [false, true] {
        let world = tempfile::tempdir().unwrap();
        vector(world.path(), backwards);
        let payload = scan(world.path(), SU).unwrap();
        assert_eq!(payload.manifest().content_hash().hex(), VECTOR_HASH);
        assert_eq!(payload.kind(), LayoutKind::Root);
    }
}

/// Each item of the first list gives a content hash of its own.
#[test]
fn what_must_change_it() {
    let changes: &[Change] = &[
        ("a byte", |root| fs::write(root.join("usr/bin/su"), "y").unwrap()),
        ("a rename", |root| {
            fs::rename(root.join("usr/bin/su"), root.join("usr/bin/sudo")).unwrap()
        }),
        ("a rename of a directory", |root| {
            fs::rename(root.join("usr/share/empty"), root.join("usr/share/void")).unwrap()
        }),
        ("the execute bit", |root| chmod(root.join("usr/bin/hello"), 0o644)),
        ("the execute bit of an empty file", |root| {
            chmod(root.join("usr/share/a b%c.txt"), 0o755)
        }),
        ("the target of a link", |root| {
            in_place_of_the_link(root, |link| symlink("su", link).unwrap())
        }),
        ("a file for a link to it", |root| {
            in_place_of_the_link(root, |link| {
                fs::copy(root.join("usr/bin/hello"), link).unwrap();
            })
        }),
        ("a file that holds the target for a link", |root| {
            in_place_of_the_link(root, |link| fs::write(link, "hello").unwrap())
        }),
        ("a link for a file", |root| {
            fs::remove_file(root.join("usr/share/a b%c.txt")).unwrap();
            symlink("empty", root.join("usr/share/a b%c.txt")).unwrap();
        }),
        ("a further empty directory", |root| {
            fs::create_dir(root.join("usr/new")).unwrap()
        }),
        ("a further empty file", |root| {
            fs::write(root.join("usr/new"), "").unwrap()
        }),
        ("bytes moved to the next file", |root| {
            fs::write(root.join("usr/bin/hello"), "hello\nx").unwrap();
            fs::write(root.join("usr/bin/su"), "").unwrap();
        }),
    ];
    let plain = content_hash("[]", |_| ());
    assert_ne!(plain, VECTOR_HASH, "a granted set-id bit");
    let mut seen = vec![VECTOR_HASH.to_owned(), plain];
    for (what, change) in changes {
        let hash = content_hash("[]", change);
        assert!(!seen.contains(&hash), "{what}");
        seen.push(hash);
    }
}

/// Each item of the second list leaves the content hash what it is; compression is with the tarball's tests.
#[test]
fn what_must_not_change_it() {
    let changes: &[Change] = &[
        ("times", |root| {
            let times = FileTimes::new().set_modified(UNIX_EPOCH + Duration::from_secs(1));
            for path in ["usr/bin/hello", "usr/share/empty", "usr"] {
                File::open(root.join(path)).unwrap().set_times(times).unwrap();
            }
        }),
        ("umask", |root| {
            chmod(root.join("usr/share/a b%c.txt"), 0o600);
            chmod(root.join("usr/bin/hello"), 0o711);
            chmod(root.join("usr/bin"), 0o700);
        }),
        ("set-id and sticky bits on the disk", |root| {
            chmod(root.join("usr/bin/su"), 0o6755);
            chmod(root.join("usr/share/empty"), 0o1777);
        }),
        ("hard link count", |root| {
            fs::hard_link(root.join("usr/bin/hello"), root.with_file_name("outside")).unwrap()
        }),
        ("owner", |root| {
            for path in ["usr", "usr/bin/hi", "usr/bin/hello"] {
                if let Err(error) = lchown(root.join(path), Some(12345), Some(54321)) {
                    eprintln!("SKIPPED: files of another owner: {error}");
                }
            }
        }),
    ];
    for (what, change) in changes {
        assert_eq!(content_hash(SU, change), VECTOR_HASH, "{what}");
    }
}

/// Files that share an inode are as many files as there are names.
#[test]
fn linked_and_copied_files_are_equal() {
    let again = |root: &Path| root.join("usr/bin/again");
    let linked = content_hash("[]", |root| {
        fs::hard_link(root.join("usr/bin/hello"), again(root)).unwrap()
    });
    let copied = content_hash("[]", |root| {
        fs::copy(root.join("usr/bin/hello"), again(root)).unwrap();
    });
    assert_eq!(linked, copied);
}

/// Enough names that no file system lists them in order by chance, made in either direction.
#[test]
fn order_of_a_directory() {
    let names: Vec<_> = (0..40).map(|number| format!("{:02}", number * 7 % 40)).collect();
    let listed = |names: &mut dyn Iterator<Item = &String>| {
        let world = tempfile::tempdir().unwrap();
        names.for_each(|name| fs::write(world.path().join(name), name).unwrap());
        scan(world.path(), "[]").unwrap().manifest().to_string()
    };
    let (one, two) = (listed(&mut names.iter()), listed(&mut names.iter().rev()));
    assert_eq!(one, two);
    let mut sorted: Vec<_> = one.lines().skip(1).map(|line| line.rsplit(' ').next()).collect();
    sorted.sort();
    assert_eq!(sorted.len(), 40);
    assert!(one.lines().skip(1).map(|line| line.rsplit(' ').next()).eq(sorted));
}
