use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

impl Published for Vec<Build> {
    type Error = Infallible;

    fn find(&mut self, dep: &RuntimeDep) -> Result<Option<Build>, Infallible> {
        Ok(self.iter().find(|build| build.is(dep)).cloned())
    }
}

/// The build `name#variant`: its hash is that of this text.
fn dep(text: &str) -> RuntimeDep {
    let (name, variant) = text.split_once('#').unwrap();
    RuntimeDep {
        name: name.parse().unwrap(),
        version: variant.parse().unwrap(),
        config_hash_full: Sha256::of(text.as_bytes()),
    }
}

fn build(text: &str, deps: &[&str], provides: &[&str], requires: &[&str]) -> Build {
    let own = dep(text);
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    Build {
        name: own.name,
        version: own.version,
        slot: "0".into(),
        config_hash: Some(own.config_hash_full),
        provides: texts(provides),
        requires: texts(requires),
        runtime_deps: deps.iter().map(|text| dep(text)).collect(),
    }
}

fn names(resolution: &Resolution) -> Vec<String> {
    let added = resolution
        .added
        .iter()
        .map(|added| format!("{} for {}", added.build.version, added.by));
    let kept = resolution
        .kept
        .iter()
        .map(|kept| format!("{} kept for {}", kept.build.version, kept.by));
    added.chain(kept).collect()
}

#[test]
fn a_chain_and_a_cycle() {
    let mut mirror = vec![
        build("a#a", &["b#b"], &[], &[]),
        build("b#b", &["c#c"], &[], &[]),
        build("c#c", &["a#a"], &[], &[]),
    ];
    let root = mirror[0].clone();
    let resolution = resolve(std::slice::from_ref(&root), &[], &mut mirror).unwrap();
    assert_eq!(names(&resolution), ["b for a", "c for b"]);
    // What is installed is not walked again.
    let installed = [mirror[1].clone()];
    assert_eq!(
        names(&resolve(&[root], &installed, &mut mirror).unwrap()),
        Vec::<String>::new()
    );
}

#[test]
fn a_missing_build_names_the_chain() {
    let mut mirror = vec![build("b#b", &["c#c"], &[], &[])];
    let root = build("a#a", &["b#b"], &[], &[]);
    let error = resolve(std::slice::from_ref(&root), &[], &mut mirror)
        .unwrap_err()
        .to_string();
    let hash = dep("c#c").config_hash_full.short();
    assert_eq!(
        error,
        format!("a -> b needs c c ({hash}), which no mirror has; --no-deps installs without it")
    );
    let other = build("c#old", &[], &[], &[]);
    let error = resolve(&[root], std::slice::from_ref(&other), &mut mirror)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&format!("which no mirror has (installed is {other}); ")),
        "{error}"
    );
}

#[test]
fn another_build_that_covers_stays() {
    let mut mirror = vec![build("lib#new", &[], &["so:a.1", "so:b.1"], &[])];
    let root = build("x#x", &["lib#new"], &[], &["so:a.1", "so:libc.so.6"]);
    let roots = [root];
    let covers = build("lib#old", &[], &["so:a.1"], &[]);
    let resolution = resolve(&roots, std::slice::from_ref(&covers), &mut mirror).unwrap();
    assert_eq!(names(&resolution), ["old kept for x"]);
    let misses = build("lib#older", &[], &["so:b.1"], &[]);
    assert_eq!(names(&resolve(&roots, &[misses], &mut mirror).unwrap()), ["new for x"]);
    // The same with what the transaction itself brings.
    let roots = [roots[0].clone(), covers];
    assert_eq!(names(&resolve(&roots, &[], &mut mirror).unwrap()), ["old kept for x"]);
}

#[test]
fn two_builds_for_one_place_clash() {
    let mut mirror = vec![build("lib#1", &[], &["so:1"], &[]), build("lib#2", &[], &["so:2"], &[])];
    let roots = [
        build("x#x", &["lib#1"], &[], &["so:1"]),
        build("y#y", &["lib#2"], &[], &["so:2"]),
    ];
    let error = resolve(&roots, &[], &mut mirror).unwrap_err().to_string();
    assert!(
        error.starts_with("y needs lib 2 (") && error.contains("installs lib 1 ("),
        "{error}"
    );
    // In slots of their own they do not.
    mirror[1].slot = "2".into();
    assert_eq!(
        names(&resolve(&roots, &[], &mut mirror).unwrap()),
        ["1 for x", "2 for y"]
    );
}

#[test]
fn what_others_would_miss() {
    let installed = [
        build("lib#1", &[], &["so:a.1", "so:b.1"], &["so:libc.so.6"]),
        build("x#x", &[], &[], &["so:a.1", "so:libc.so.6"]),
        build("y#y", &[], &[], &["so:b.1"]),
    ];
    let new = [build("lib#2", &[], &["so:b.1"], &[])];
    let missing = uncovered(&installed, &new);
    assert_eq!(missing.len(), 1);
    assert_eq!((missing[0].package.as_str(), missing[0].name.as_str()), ("x", "so:a.1"));
    assert_eq!(missing[0].offered_by, installed[0]);
    // Whoever needs it may be replaced, too.
    let new = [new[0].clone(), build("x#y", &[], &[], &[])];
    assert_eq!(uncovered(&installed, &new), []);
}

/// Any graph over eight packages in three variants.
fn graph() -> impl Strategy<Value = Vec<Build>> {
    let row = (
        prop::collection::vec((0..8_usize, 0..3_usize), 0..4),
        prop::collection::vec(0..6_usize, 0..3),
        prop::collection::vec(0..6_usize, 0..3),
    );
    prop::collection::vec(row, 24).prop_map(|rows| {
        let name = |package: usize, variant: usize| format!("p{package}#{variant}");
        let texts = |list: &[usize]| list.iter().map(|number| format!("so:{number}")).collect::<Vec<_>>();
        rows.iter()
            .enumerate()
            .map(|(number, (deps, provides, requires))| {
                let deps: Vec<_> = deps.iter().map(|(package, variant)| name(*package, *variant)).collect();
                let deps: Vec<_> = deps.iter().map(String::as_str).collect();
                let mut build = build(&name(number / 3, number % 3), &deps, &[], &[]);
                (build.provides, build.requires) = (texts(provides), texts(requires));
                build
            })
            .collect()
    })
}

proptest! {
    // Enough to meet the case of a build that is added late and replaces what was good enough before.
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Every graph is walked to its end, and afterwards every new package has what it names, or something that does as well.
    #[test]
    fn every_dependency_is_met(graph in graph(), root in 0..24_usize, installed in prop::collection::btree_map(0..8_usize, 0..3_usize, 0..5)) {
        let mut mirror = graph.clone();
        let installed: Vec<_> = installed.iter().map(|(package, variant)| graph[package * 3 + variant].clone()).collect();
        let roots = [graph[root].clone()];
        let Ok(resolution) = resolve(&roots, &installed, &mut mirror) else {
            // Of a complete mirror nothing is missing; two builds may want one place.
            return Ok(());
        };
        let new: Vec<_> = roots.iter().chain(resolution.added.iter().map(|added| &added.build)).collect();
        for (number, build) in new.iter().enumerate() {
            prop_assert!(!new[..number].iter().any(|other| other.replaces(build)), "{build} twice");
            prop_assert!(number == 0 || !installed.contains(build), "{build} is installed");
            for dep in &build.runtime_deps {
                let after: Vec<_> = installed.iter().filter(|old| !new.iter().any(|new| new.replaces(old))).chain(new.iter().copied()).collect();
                let exact = graph.iter().find(|build| build.is(dep)).unwrap();
                let met = after.iter().any(|other| other.is(dep) || other.name == dep.name && stands_in(other, exact, build));
                prop_assert!(met, "{build} has no {}", dep.name);
            }
        }
    }
}
