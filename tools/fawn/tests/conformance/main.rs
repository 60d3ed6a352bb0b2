//! Whole small projects, one behaviour each, built by fawn and, where it is installed, by Buck2: both must agree.
//!
//! A case is a text file. Lines before the first section: `# what it shows`, then any of `args: …` (default `//:`),
//! `fails: text` (part of fawn's message; the build fails on both engines), `differs: why` (Buck2 is not asked; the
//! reason stands in `docs/fawn.md`), `both: text` (part of both engines' messages), `actions: no` (only outputs are
//! compared), `cquery: expression` (both must list the same targets) and `audit: target` (both must give it the same
//! execution platform, after passing over the same ones). `--- path` starts a file of the project,
//! `--- path -> target` is a link, `--- served/name` is served over HTTP, `--- served/name.tar/path` as part of a tar
//! archive: `SERVER` stands for the address, `SHA256(name)` and `SIZE(name)` for what they say. `--- expect` lists the outputs as `label: content`, with line feeds as `\n` and directories as
//! `{path: content, …}`; hashes are `HASH`, and the folder of outputs is `OUT`.

mod case;
mod engine;
mod server;

use case::Case;
use engine::Engine;

fn check(name: &str, text: &str) {
    let case = Case::parse(name, text);
    if case.server.is_used() && engine::on_path("curl").is_none() {
        eprintln!("SKIPPED: {name}: fawn downloads with `curl`, which is not on `PATH`");
        return;
    }
    let fawn = Engine::fawn().run(&case);
    match &case.fails {
        None => {
            let outputs = fawn
                .outputs
                .unwrap_or_else(|error| panic!("{name}: fawn fails:\n{error}"));
            assert_eq!(outputs, case.expect, "{name}: outputs of fawn");
        }
        Some(text) => {
            let error = fawn.outputs.expect_err("fawn must refuse");
            let texts = case.both.iter().chain([text]);
            texts.for_each(|text| {
                assert!(
                    error.contains(text.as_str()),
                    "{name}: fawn's message lacks `{text}`:\n{error}"
                )
            });
        }
    }
    let Some(buck2) = Engine::buck2() else {
        eprintln!("SKIPPED: {name} on Buck2: `buck2` is not on PATH");
        return;
    };
    if let Some(why) = &case.differs {
        eprintln!("SKIPPED: {name} on Buck2: {why}");
        return;
    }
    let buck2 = buck2.run(&case);
    match (&case.fails, buck2.outputs) {
        (None, Err(error)) => panic!("{name}: Buck2 fails:\n{error}"),
        (Some(_), Ok(outputs)) => panic!("{name}: Buck2 does not refuse:\n{outputs}"),
        (None, Ok(outputs)) => assert_eq!(outputs, case.expect, "{name}: outputs of Buck2"),
        (Some(_), Err(error)) => {
            let texts = case.both.iter();
            texts.for_each(|text| {
                assert!(
                    error.contains(text.as_str()),
                    "{name}: Buck2's message lacks `{text}`:\n{error}"
                )
            });
        }
    }
    assert_eq!(fawn.queries, buck2.queries, "{name}: targets that fawn and Buck2 list");
    if case.actions {
        assert_eq!(fawn.actions, buck2.actions, "{name}: actions of fawn and of Buck2");
    }
}

macro_rules! cases {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), include_str!(concat!("cases/", stringify!($name), ".txt")));
            }
        )*
    };
}

include!("list.rs");
