//! What runs again, and what does not.

use crate::world::{World, files, said};
use std::fs;

const CHAIN: &str = r#"
sh(name = "strip", cmd = "grep -v '^#' $2 > $1", srcs = ["a.txt"])
sh(name = "other", cmd = "cat $2 > $1", srcs = ["b.txt"])
sh(name = "join", cmd = "cat $2 $3 > $1", srcs = [":strip", ":other"])
"#;

fn chain() -> World {
    let world = World::new(CHAIN);
    world.write("a.txt", "a\n# comment\n");
    world.write("b.txt", "b\n");
    world
}

#[test]
fn a_second_build_runs_nothing_and_a_change_runs_what_it_reaches() {
    let world = chain();
    assert_eq!(world.build("//:join"), "a\nb\n");
    assert_eq!(world.ran(), ["root//:join", "root//:other", "root//:strip"]);
    assert_eq!(world.build("//:join"), "a\nb\n");
    assert_eq!(world.ran(), [""; 0]);
    world.write("a.txt", "a\n# another comment\n");
    assert_eq!(world.build("//:join"), "a\nb\n");
    assert_eq!(world.ran(), ["root//:strip"]);
    world.write("b.txt", "c\n");
    assert_eq!(world.build("//:join"), "a\nc\n");
    assert_eq!(world.ran(), ["root//:join", "root//:other"]);
}

#[test]
fn a_removed_or_edited_output_comes_back_from_the_cache() {
    let world = chain();
    let output = world.output("//:join");
    fs::write(&output, "edited").unwrap();
    assert_eq!(world.build("//:join"), "a\nb\n");
    fs::remove_dir_all(world.path().join("buck-out/fawn/art")).unwrap();
    assert_eq!(world.build("//:join"), "a\nb\n");
    fs::remove_dir_all(world.path().join("buck-out/fawn/state")).unwrap();
    assert_eq!(world.build("//:join"), "a\nb\n");
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn any_damage_to_the_cache_is_noticed() {
    let world = chain();
    world.build("//:join");
    fs::remove_dir_all(world.path().join("buck-out/fawn/art")).unwrap();
    for file in files(&world.path().join("buck-out/fawn/cache")) {
        let mut bytes = fs::read(&file).unwrap();
        bytes[0] ^= 1;
        fs::write(&file, bytes).unwrap();
    }
    assert_eq!(world.build("//:join"), "a\nb\n");
    assert_eq!(world.ran(), ["root//:join", "root//:other", "root//:strip"]);
    fs::remove_dir_all(world.path().join("buck-out/fawn/art")).unwrap();
    fs::remove_dir_all(world.path().join("buck-out/fawn/cache/blobs")).unwrap();
    assert_eq!(world.build("//:join"), "a\nb\n");
}

#[test]
fn modes_and_links_survive_the_cache() {
    let world = World::new(
        "sh(name = 'tree', dir = True, cmd = 'mkdir -p $1/empty $1/sub; echo x > $1/sub/run; chmod 755 $1/sub/run; \
         ln -s sub/run $1/link; ln -s nowhere $1/dead')\n\
         sh(name = 'use', cmd = '$2/link 2>&1 | true; ls -l $2 $2/sub | cut -c1-10 > $1; ls $2 >> $1', srcs = [':tree'])",
    );
    let first = world.build("//:use");
    assert!(
        first.contains("-rwxr-xr-x") && first.contains("empty") && first.contains("dead"),
        "{first}"
    );
    let tree = world.output("//:tree");
    fs::remove_dir_all(&tree).unwrap();
    let tree = world.output("//:tree");
    assert_eq!(fs::read_link(tree.join("link")).unwrap().to_str(), Some("sub/run"));
    assert!(tree.join("empty").is_dir());
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn the_cache_stays_within_its_bound() {
    let world = World::new(
        "[sh(name = 't%d' % i, cmd = 'head -c 100000 /dev/zero | tr \"\\\\0\" %d > $1' % i) for i in range(8)]",
    );
    let config = fs::read_to_string(world.path().join(".buckconfig")).unwrap();
    world.write(".buckconfig", &format!("{config}[fawn]\n  cache_size = 300k\n"));
    for number in 0..8 {
        assert_eq!(world.build(&format!("//:t{number}")).len(), 100_000);
    }
    let stats = world.ok(&["cache", "stats", "--json"]);
    let bytes: u64 = stats
        .split("\"bytes\":")
        .nth(1)
        .unwrap()
        .trim_end_matches(['}', '\n'])
        .parse()
        .unwrap();
    assert!((100_000..=300 << 10).contains(&bytes), "{stats}");
    world.build("//:t7");
    assert_eq!(world.ran(), [""; 0]);
    assert!(world.ok(&["cache", "clean"]).starts_with("removed "));
    assert_eq!(world.ok(&["cache", "stats"]), "0 results of actions, 0 contents, 0 B\n");
    world.write(".buckconfig", &format!("{config}[fawn]\n  cache_size = lots\n"));
    let said = world.fawn(&["build", "//:t7"]);
    assert_eq!(said.code, Some(3));
    assert!(
        said.stderr
            .contains(".buckconfig:8: `[fawn] cache_size`: expected a size such as 500M or 2GB, found `lots`"),
        "{}",
        said.stderr
    );
}

#[test]
fn an_incremental_tool_finds_its_last_output() {
    let world = World::new(
        "sh(name = 'log', cmd = 'cat $2 >> $1', srcs = ['in.txt'], keep = True)\n\
         sh(name = 'fresh', cmd = 'cat $2 >> $1', srcs = ['in.txt'])",
    );
    for (text, log) in [("one\n", "one\n"), ("two\n", "one\ntwo\n")] {
        world.write("in.txt", text);
        assert_eq!(world.build("//:log"), log);
        assert_eq!(world.build("//:fresh"), text);
    }
    assert_eq!(world.build("//:log"), "one\ntwo\n");
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn another_compiler_is_asked_who_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new(
        "sh(name = 'identity', category = 'rust_identity', cmd = 'rustc > $1', local_only = True)\n\
         sh(name = 'other', cmd = 'rustc > $1', local_only = True)\n\
         sh(name = 'program', cmd = 'cat $2 > $1', srcs = [':identity'])",
    );
    // Outside the project, which `local_only` actions do not see.
    let host = tempfile::tempdir_in("/var/tmp").unwrap();
    let rustc = host.path().join("rustc");
    let path = format!("{}:/usr/bin:/bin", host.path().display());
    let build = |target: &str| {
        let mut command = world.command(&["build", "-q", target, "--out", "-"]);
        said(&command.env("PATH", &path).output().unwrap()).stdout
    };
    for version in ["1.0", "1.1"] {
        std::fs::write(&rustc, format!("#!/bin/sh\necho {version}\n")).unwrap();
        std::fs::set_permissions(&rustc, PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(build("//:program"), format!("{version}\n"));
        assert_eq!(world.ran(), ["root//:identity", "root//:program"]);
        assert_eq!(build("//:program"), format!("{version}\n"));
        assert_eq!(world.ran(), [""; 0]);
        // An ordinary action does not look at the host for its key.
        assert_eq!(build("//:other"), "1.0\n");
    }
}
