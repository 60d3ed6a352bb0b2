//! Reading the file of a case, and writing its project.

use super::server::Server;
use std::path::Path;

/// A case.
pub struct Case {
    pub name: String,
    pub args: Vec<String>,
    pub fails: Option<String>,
    pub differs: Option<String>,
    pub actions: bool,
    pub both: Vec<String>,
    pub cquery: Vec<String>,
    pub audit: Vec<String>,
    pub files: Vec<(String, String)>,
    pub expect: String,
    /// Serves what the case has below `served/`.
    pub server: Server,
}

/// Files that every project has unless the case brings its own.
const COMMON: [(&str, &str); 4] = [
    (".buckconfig", include_str!("common/buckconfig")),
    ("platforms/BUCK", include_str!("common/platforms.BUCK")),
    ("toolchains/BUCK", include_str!("common/toolchains.BUCK")),
    ("lib.bzl", include_str!("common/lib.bzl")),
];

impl Case {
    /// Reads a case.
    pub fn parse(name: &str, text: &str) -> Self {
        let mut case = Self {
            name: name.to_owned(),
            args: vec!["//:".to_owned()],
            fails: None,
            differs: None,
            actions: true,
            both: Vec::new(),
            cquery: Vec::new(),
            audit: Vec::new(),
            files: Vec::new(),
            expect: String::new(),
            server: Server::default(),
        };
        let mut current: Option<(String, String)> = None;
        for line in text.lines() {
            if let Some(path) = line.strip_prefix("--- ") {
                case.files.extend(current.take());
                current = Some((path.to_owned(), String::new()));
            } else if let Some((_, content)) = &mut current {
                content.push_str(line);
                content.push('\n');
            } else {
                case.header(line);
            }
        }
        case.files.extend(current);
        if let Some(at) = case.files.iter().position(|(path, _)| path == "expect") {
            case.expect = case.files.remove(at).1;
        }
        let (served, files) = case
            .files
            .into_iter()
            .partition(|(path, _)| path.starts_with("served/"));
        (case.files, case.server) = (files, Server::start(served));
        for (_, text) in &mut case.files {
            *text = case.server.fill_in(text);
        }
        assert!(
            case.fails.is_some() == case.expect.is_empty(),
            "{name}: either `fails:` or `--- expect`"
        );
        case
    }

    fn header(&mut self, line: &str) {
        let value = |prefix: &str| line.strip_prefix(prefix).map(|text| text.trim().to_owned());
        if let Some(args) = value("args:") {
            self.args = args.split_whitespace().map(str::to_owned).collect();
        } else if let Some(text) = value("fails:") {
            self.fails = Some(text);
        } else if let Some(why) = value("differs:") {
            self.differs = Some(why);
        } else if let Some(text) = value("both:") {
            self.both.push(text);
        } else if let Some(expression) = value("cquery:") {
            self.cquery.push(expression);
        } else if let Some(target) = value("audit:") {
            self.audit.push(target);
        } else if line == "actions: no" {
            self.actions = false;
        } else {
            assert!(line.starts_with('#'), "{}: what is `{line}`?", self.name);
        }
    }

    /// Writes the project.
    pub fn write(&self, root: &Path) {
        let own = |path: &str| self.files.iter().any(|(other, _)| other == path);
        let common = COMMON
            .iter()
            .filter(|(path, _)| !own(path))
            .map(|(path, text)| (*path, *text));
        let files = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        for (path, text) in common.chain(files) {
            let (path, link) = path
                .split_once(" -> ")
                .map_or((path, None), |(path, to)| (path, Some(to)));
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("inside root")).expect("folder");
            if let Some(target) = link {
                std::os::unix::fs::symlink(target, &path).expect("link");
                continue;
            }
            std::fs::write(&path, text).expect("file");
            if path.extension().is_some_and(|extension| extension == "sh") {
                use std::os::unix::fs::PermissionsExt;
                std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("mode");
            }
        }
    }
}
