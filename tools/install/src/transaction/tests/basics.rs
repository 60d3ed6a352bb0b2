use std::fs;

use crate::testing::{TestPackage, World};

fn hello() -> TestPackage {
    TestPackage::new("hello", "1.0")
        .program("usr/bin/hello", "hello\n")
        .link("usr/bin/hi", "hello")
        .file("usr/share/hello/a", "a")
        .file("usr/share/hello/sub/b", "b")
        .directory("usr/share/empty")
}

#[test]
fn a_package_into_an_empty_root_and_out_again() {
    let world = World::new();
    let outcome = world.install(&[&hello()]).unwrap();
    assert_eq!(outcome.changes.len(), 1);
    let expected = [
        ("usr", "directory 0755"),
        ("usr/bin", "directory 0755"),
        ("usr/bin/hello", "file 0755 hello\n"),
        ("usr/bin/hi", "link hello"),
        ("usr/share", "directory 0755"),
        ("usr/share/empty", "directory 0755"),
        ("usr/share/hello", "directory 0755"),
        ("usr/share/hello/a", "file 0644 a"),
        ("usr/share/hello/sub", "directory 0755"),
        ("usr/share/hello/sub/b", "file 0644 b"),
    ];
    let expected = expected.map(|(path, what)| (path.to_owned(), what.to_owned()));
    assert_eq!(world.snapshot(), expected.into());
    world.assert_clean();
    assert_eq!(world.installed(), ["hello@0"]);

    let database = world.database();
    let installed = database.expect(&database.find("hello").unwrap()).unwrap();
    assert!(installed.origin.explicit);
    assert!(installed.origin.places.is_empty());
    let manifest = database.manifest(&installed.id).unwrap();
    assert_eq!(Some(manifest.content_hash()), installed.metadata.content_hash_full);
    let owner = |path: &str| {
        let owners = database
            .owners_of(&crate::TargetPath::absolute(path.as_ref()).unwrap())
            .unwrap();
        owners
            .into_iter()
            .map(|owner| (owner.package.to_string(), owner.directory))
            .collect::<Vec<_>>()
    };
    assert_eq!(owner("/usr/bin/hello"), [("hello@0".to_owned(), false)]);
    assert_eq!(owner("/usr/share"), [("hello@0".to_owned(), true)]);
    assert_eq!(owner("/usr/bin/nothing"), []);

    world.remove(&["hello"]).unwrap();
    assert_eq!(world.snapshot(), [].into());
    world.assert_clean();
    assert_eq!(world.installed(), [""; 0]);
}

#[test]
fn the_same_thing_twice_and_an_upgrade() {
    let world = World::new();
    world.install(&[&hello()]).unwrap();
    let before = world.snapshot();
    world.install(&[&hello()]).unwrap();
    assert_eq!(world.snapshot(), before);
    let next = TestPackage::new("hello", "2.0")
        .program("usr/bin/hello", "hello 2\n")
        .file("usr/share/hello/c", "c");
    world.install(&[&next]).unwrap();
    assert_eq!(world.read("usr/bin/hello"), "hello 2\n");
    let names: Vec<_> = world.snapshot().into_keys().collect();
    assert_eq!(
        names,
        [
            "usr",
            "usr/bin",
            "usr/bin/hello",
            "usr/share",
            "usr/share/hello",
            "usr/share/hello/c"
        ]
    );
    world.assert_clean();
    assert_eq!(world.database().history().unwrap().len(), 3);
}

#[test]
fn a_merged_root() {
    let world = World::new();
    fs::create_dir_all(world.path("usr/lib")).unwrap();
    std::os::unix::fs::symlink("usr/lib", world.path("lib")).unwrap();
    let package = TestPackage::new("libx", "1")
        .file("lib/x/libx.so", "x")
        .file("lib/y", "y")
        .file("usr/lib/z", "z");
    world.install(&[&package]).unwrap();
    assert_eq!(world.read("usr/lib/x/libx.so"), "x");
    assert!(world.path("lib").is_symlink());
    let database = world.database();
    let installed = database.expect(&database.find("libx").unwrap()).unwrap();
    let manifest = database.manifest(&installed.id).unwrap();
    let mut places = installed.places().unwrap();
    let places: Vec<_> = manifest
        .entries()
        .iter()
        .map(|entry| places.of(entry).to_string())
        .collect();
    assert_eq!(
        places,
        [
            "/usr/lib",
            "/usr/lib/x",
            "/usr/lib/x/libx.so",
            "/usr/lib/y",
            "/usr",
            "/usr/lib",
            "/usr/lib/z"
        ]
    );
    let same = TestPackage::new("other", "1").file("usr/lib/y", "y");
    let error = world.install(&[&same]).unwrap_err();
    assert!(error.is_conflict());
    assert!(
        error
            .to_string()
            .contains("/usr/lib/y belongs to libx@0; it is identical"),
        "{error}"
    );
    world.remove(&["libx"]).unwrap();
    let names: Vec<_> = world.snapshot().into_keys().collect();
    assert_eq!(
        names,
        ["lib"],
        "a link of nobody stays, empty directories of the package go"
    );
}
