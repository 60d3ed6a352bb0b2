//! The program's environment, as bytes.
//!
//! Later steps win: the caller's environment; `runtime.env` (unset, map, set); `workenv.env`; `execution.env`; the
//! launcher's own variables and the workenv's `bin` before `PATH`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use pspf_format::metadata::RuntimeEnv;

use crate::placeholders::Placeholders;
use crate::plan::Plan;
use crate::system;

/// An environment: names and values in order, every name once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(Vec<(OsString, OsString)>);

/// How the package was called.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The package file.
    pub package: &'a Path,
    /// The last part of the name it was called by.
    pub name: &'a OsStr,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Environment(std::env::vars_os().collect())
    }

    /// The environment of the package's program.
    pub fn of_program(mut self, plan: &Plan, fill: &Placeholders<'_>, caller: Caller<'_>) -> Self {
        self.apply(&plan.runtime);
        for (name, value) in plan.workenv_env.iter().chain(&plan.env) {
            self.set(OsStr::new(name), fill.fill(value));
        }
        self.set(OsStr::new("FLAVOR_WORKENV"), fill.workenv.into());
        self.set(OsStr::new("FLAVOR_COMMAND_NAME"), caller.name.to_owned());
        self.set(OsStr::new("FLAVOR_ORIGINAL_COMMAND"), caller.package.into());
        let mut path = system::program_directories(fill.workenv);
        // An empty part of PATH is the current directory: none may come into being here.
        if let Some(before) = self.get("PATH").filter(|before| !before.is_empty()) {
            path.push(system::PATH_SEPARATOR);
            path.push(before);
        }
        self.set(OsStr::new("PATH"), path);
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0
            .iter()
            .find(|(key, _)| system::same_variable(key, OsStr::new(name)))
            .map(|(_, value)| value.as_os_str())
    }

    /// All names and values.
    pub fn pairs(&self) -> &[(OsString, OsString)] {
        &self.0
    }

    /// Sets a variable. A name that no system can hold (empty, with `=` or a zero byte) is left out, and so is a
    /// value with a zero byte.
    fn set(&mut self, name: &OsStr, value: OsString) {
        let (bytes, content) = (name.as_encoded_bytes(), value.as_encoded_bytes());
        if bytes.is_empty() || bytes.iter().any(|byte| matches!(byte, b'=' | 0)) || content.contains(&0) {
            return;
        }
        match self.0.iter_mut().find(|(key, _)| system::same_variable(key, name)) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    fn remove(&mut self, name: &str) -> Option<OsString> {
        let place = self
            .0
            .iter()
            .position(|(key, _)| system::same_variable(key, OsStr::new(name)))?;
        Some(self.0.remove(place).1)
    }

    fn apply(&mut self, runtime: &RuntimeEnv) {
        let any =
            |patterns: &[String], name: &OsStr| patterns.iter().any(|pattern| system::matches_variable(pattern, name));
        self.0
            .retain(|(name, _)| !any(&runtime.unset, name) || any(&runtime.pass, name));
        for (old, new) in &runtime.map {
            if let Some(value) = self.remove(old) {
                self.set(OsStr::new(new), value);
            }
        }
        for (name, value) in &runtime.set {
            self.set(OsStr::new(name), value.into());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    fn plan(json: serde_json::Value) -> Plan {
        let mut plan = serde_json::json!({
            "command": "x", "env": [], "workenv_env": [], "runtime": {}, "cache_validation": null, "policy": null,
            "slots": [], "built": 0, "key": vec![0; 32], "sbom": false,
        });
        for (key, value) in json.as_object().unwrap() {
            plan[key] = value.clone();
        }
        pspf_format::json::FromJson::from_json(plan).unwrap()
    }

    fn build(caller: &[(&str, &str)], plan: &Plan) -> Vec<String> {
        let caller = Environment(caller.iter().map(|(name, value)| (name.into(), value.into())).collect());
        let fill = Placeholders {
            workenv: Path::new("/w e"),
            name: "app",
            version: "1",
            slots: &[],
        };
        let called = Caller {
            package: Path::new("/p/app.psp"),
            name: OsStr::new("alias"),
        };
        let pairs = caller.of_program(plan, &fill, called).0;
        pairs
            .iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect()
    }

    const OWN: [&str; 3] = [
        "FLAVOR_WORKENV=/w e",
        "FLAVOR_COMMAND_NAME=alias",
        "FLAVOR_ORIGINAL_COMMAND=/p/app.psp",
    ];

    #[test]
    fn the_launchers_own_variables_come_last() {
        let plan = plan(serde_json::json!({"env": [["FLAVOR_WORKENV", "mine"], ["PATH", "/x"]]}));
        let expected = ["PATH=/w e/bin:/x", OWN[0], OWN[1], OWN[2]];
        let found = build(&[("PATH", "/bin")], &plan);
        assert_eq!(found.len(), 4);
        assert!(
            expected.iter().all(|line| found.iter().any(|found| found == line)),
            "{found:?}"
        );
    }

    #[test]
    fn an_empty_path_does_not_become_the_current_directory() {
        for caller in [&[][..], &[("PATH", "")]] {
            assert!(build(caller, &plan(serde_json::json!({}))).contains(&"PATH=/w e/bin".to_owned()));
        }
    }

    #[test]
    fn execution_wins_over_workenv_over_runtime_over_caller() {
        let plan = plan(serde_json::json!({
            "runtime": {"set": {"A": "runtime {workenv}", "B": "runtime", "C": "runtime"}},
            "workenv_env": [["B", "workenv"], ["C", "{workenv}/{package_name}"]],
            "env": [["C", "{workenv}-{version}"]],
        }));
        let found = build(&[("A", "caller"), ("D", "caller")], &plan);
        assert_eq!(found[..4], ["A=runtime {workenv}", "D=caller", "B=workenv", "C=/w e-1"]);
    }

    #[test]
    fn unset_pass_and_map() {
        let plan = plan(serde_json::json!({
            "runtime": {"unset": ["PY*", "X?"], "pass": ["PYTHONKEEP"], "map": {"OLD": "NEW", "NONE": "NOTHING"}},
        }));
        let caller = [
            ("PYTHONPATH", "1"),
            ("PYTHONKEEP", "2"),
            ("X1", "3"),
            ("X", "4"),
            ("OLD", "5"),
            ("NEW", "6"),
        ];
        assert_eq!(build(&caller, &plan)[..3], ["PYTHONKEEP=2", "X=4", "NEW=5"]);
    }

    #[test]
    fn a_star_unsets_everything_but_what_passes() {
        let plan = plan(serde_json::json!({"runtime": {"unset": ["*"], "pass": ["HOME", "LC_*"]}}));
        let caller = [("HOME", "/h"), ("LC_ALL", "C"), ("TOKEN", "t"), ("PATH", "/bin")];
        let found = build(&caller, &plan);
        assert_eq!(found, ["HOME=/h", "LC_ALL=C", OWN[0], OWN[1], OWN[2], "PATH=/w e/bin"]);
    }

    #[test]
    fn bytes_that_are_no_text_survive() {
        let odd = OsStr::from_bytes(b"\xff=\xfe").to_owned();
        let caller = Environment(vec![("ODD".into(), odd.clone())]);
        let fill = Placeholders {
            workenv: Path::new("/w"),
            name: "",
            version: "",
            slots: &[],
        };
        let called = Caller {
            package: Path::new("/p"),
            name: OsStr::new("p"),
        };
        let built = caller.of_program(&plan(serde_json::json!({})), &fill, called);
        assert_eq!(built.get("ODD"), Some(odd.as_os_str()));
    }

    #[test]
    fn names_that_no_system_can_hold_are_left_out() {
        let plan = plan(serde_json::json!({"env": [["", "x"], ["A=B", "x"], ["C", "\u{0}"], ["D", "d"]]}));
        assert_eq!(build(&[], &plan)[0], "D=d");
    }
}
