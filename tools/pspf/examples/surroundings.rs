//! Everything around the program: environment, directories, set-up, validation of the cache, policy.

use std::error::Error;
use std::path::Path;

use pspf::{
    CacheValidation, Editor, Launcher, PackagePolicy, RuntimeEnv, SetupCommand, SigningKey, Slot, Target,
    WorkenvDirectory,
};

/// A package that prepares itself once and says where it may run.
pub fn build(output: &Path) -> Result<(), Box<dyn Error>> {
    let ready = "{workenv}/metadata/ready";
    Editor::new("app", "1.0")
        .command("{workenv}/bin/app")
        .env("APP_MODE", "packaged")
        .runtime_env(RuntimeEnv {
            unset: vec!["PYTHON*".into()],
            pass: vec!["PYTHONUTF8".into()],
            map: vec![("APP_TOKEN".into(), "TOKEN".into())],
            set: vec![("LANG".into(), "C.UTF-8".into())],
        })
        .workenv_directory(WorkenvDirectory {
            path: "var/run".into(),
            mode: Some("0700".into()),
        })
        .setup_command(SetupCommand::Execute {
            command: "/bin/true".into(),
        })
        .setup_command(SetupCommand::WriteFile {
            path: ready.into(),
            content: "1.0".into(),
            mode: None,
        })
        .cache_validation(CacheValidation {
            check_file: ready.into(),
            expected_content: Some("1.0".into()),
        })
        .policy(PackagePolicy {
            refuse_root: true,
            require_env: vec!["HOME".into()],
            ..PackagePolicy::default()
        })
        .launcher(Launcher::from_bytes(*b"#!/bin/sh\nexit 0\n"), Target::Any)
        .slot(
            Slot::bytes("app", *b"#!/bin/sh\necho hello\n")
                .target("bin/app")
                .permissions(pspf::FileMode::parse("0755")?),
        )
        .store()?
        .sign(&SigningKey::from_seed("development"))?
        .write(output)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    build(Path::new("app.psp"))
}
