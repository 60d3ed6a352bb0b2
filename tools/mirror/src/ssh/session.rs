use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::error::last_words;
use super::{SshAddress, SshError};

/// How `ssh` is used.
#[derive(Clone, Debug, Default)]
pub struct SshOptions {
    /// A settings file for ssh in the place of the user's own.
    pub config: Option<PathBuf>,
}

impl SshOptions {
    /// The settings file that the variable `BUCKPACK_SSH_CONFIG` names.
    pub fn from_env() -> Self {
        let config = std::env::var_os("BUCKPACK_SSH_CONFIG").filter(|path| !path.is_empty());
        Self {
            config: config.map(PathBuf::from),
        }
    }
}

/// A connection to another machine, made when it is first used. All programs share it, and it ends with this process: the one that holds
/// it open reads from us, so it goes even if we are killed.
pub struct Session {
    address: SshAddress,
    options: SshOptions,
    held: Mutex<Option<Held>>,
}

/// The program that holds the connection, and the private folder with the socket that the others find it by.
struct Held {
    master: Child,
    folder: TempDir,
}

/// Comes before the answer: whatever a login prints before it is not ours.
pub(super) const BEGIN: &str = "binpkg-answer-begins";

impl Session {
    /// The session with this machine.
    pub fn new(address: SshAddress, options: SshOptions) -> Self {
        let held = Mutex::new(None);
        Self { address, options, held }
    }

    /// The machine, and the folder there.
    pub fn address(&self) -> &SshAddress {
        &self.address
    }

    /// Runs a script on the far side.
    ///
    /// # Errors
    /// No connection, or a script that fails.
    pub fn run(&self, doing: &str, script: &str) -> Result<Vec<u8>, SshError> {
        let output = self
            .start(script)?
            .wait_with_output()
            .map_err(local("wait for", "ssh"))?;
        self.judge(doing, "ssh", &output)?;
        let begin = format!("{BEGIN}\n");
        let at = find(&output.stdout, begin.as_bytes()).ok_or_else(|| self.unreadable(doing))?;
        Ok(output.stdout[at + begin.len()..].to_vec())
    }

    /// Starts a script on the far side; its answer comes as it is made.
    pub(super) fn start(&self, script: &str) -> Result<Child, SshError> {
        let socket = self.connect()?;
        let mut command = Command::new("ssh");
        self.arguments(&mut command, &socket, "-p");
        command.arg("--").arg(self.address.login()).arg("exec sh -s");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| self.not_started("ssh", error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // Nothing is answered before all of it is there. What is not read there is told by the exit code.
            let _ = stdin.write_all(whole(script).as_bytes());
        }
        Ok(child)
    }

    /// Brings the files of folders of this machine into a folder there, which has a plain path; several folders at once.
    ///
    /// # Errors
    /// No connection, or a transfer that fails.
    pub fn bring(&self, folders: &[PathBuf], there: &str, with_rsync: bool) -> Result<(), SshError> {
        let mut running = Vec::new();
        for folder in folders {
            let socket = self.connect()?;
            let mut command = if with_rsync {
                let mut shell = Command::new("ssh");
                self.arguments(&mut shell, &socket, "-p");
                let mut command = Command::new("rsync");
                command.arg("-rL").arg("-e").arg(rsync_shell(&shell)).arg("--");
                command
                    .arg(with_slash(folder))
                    .arg(self.address.remote(&format!("{there}/")));
                command
            } else {
                let mut command = Command::new("scp");
                self.arguments(&mut command, &socket, "-P");
                command.arg("-q").arg("--");
                // One by one: with -r, the name of the folder itself would be made there.
                command.args(files_of(folder).map_err(local("list", "the files to be published"))?);
                command.arg(self.address.remote(&format!("{there}/")));
                command
            };
            let program = program(with_rsync);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped());
            running.push(command.spawn().map_err(|error| self.not_started(program, error))?);
        }
        let program = program(with_rsync);
        let outputs: Vec<_> = running.into_iter().map(Child::wait_with_output).collect();
        for output in outputs {
            let output = output.map_err(local("wait for", program))?;
            self.judge("bringing files there", program, &output)?;
        }
        Ok(())
    }

    /// An answer that cannot be read.
    pub fn unreadable(&self, doing: &str) -> SshError {
        SshError::Answer {
            address: self.address.to_string(),
            doing: doing.to_owned(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        // Whoever panicked with it left a program that runs or does not.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The socket of a connection that stands.
    fn connect(&self) -> Result<PathBuf, SshError> {
        let mut held = self.held();
        if let Some(Held { master, folder }) = &mut *held
            && matches!(master.try_wait(), Ok(None))
        {
            return Ok(socket(folder.path()));
        }
        // Short: a socket's path has a hundred bytes.
        let folder = tempfile::Builder::new()
            .prefix("bp-")
            .tempdir()
            .map_err(local("make", "a private folder"))?;
        let path = socket(folder.path());
        let mut command = Command::new("ssh");
        command.arg("-M");
        self.arguments(&mut command, &path, "-p");
        command.arg("--").arg(self.address.login());
        command.arg(format!("echo {BEGIN}; exec cat >/dev/null"));
        let log = folder.path().join("log");
        let stderr = std::fs::File::create(&log).map_err(local("make", "a private file"))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let mut master = command.spawn().map_err(|error| self.not_started("ssh", error))?;
        let stands = master.stdout.take().is_some_and(|stdout| {
            BufReader::new(stdout)
                .lines()
                .map_while(Result::ok)
                .any(|line| line == BEGIN)
        });
        if !stands {
            let _ = master.kill();
            let _ = master.wait();
            return Err(SshError::Connect {
                address: self.address.to_string(),
                said: last_words(&std::fs::read(log).unwrap_or_default()),
            });
        }
        *held = Some(Held { master, folder });
        Ok(path)
    }

    fn arguments(&self, command: &mut Command, socket: &Path, port: &str) {
        if let Some(config) = &self.options.config {
            command.arg("-F").arg(config);
        }
        command.arg("-o").arg(with_path("ControlPath=", socket));
        if let Some(number) = self.address.port {
            command.arg(port).arg(number.to_string());
        }
    }

    pub(super) fn judge(&self, doing: &str, program: &str, output: &Output) -> Result<(), SshError> {
        if output.status.success() {
            return Ok(());
        }
        let (address, doing) = (self.address.to_string(), doing.to_owned());
        let said = format!("{program}: {}", last_words(&output.stderr));
        // 255 is ssh's own; the others say nothing about why, but a connection that has gone shows.
        Err(match output.status.code() == Some(255) || self.has_gone() {
            true => SshError::Broken { address, doing, said },
            false => SshError::Failed { address, doing, said },
        })
    }

    /// Whether the connection has ended, or is about to: what holds it may still run for a moment, but answers nobody then.
    fn has_gone(&self) -> bool {
        let mut held = self.held();
        let Some(Held { master, folder }) = &mut *held else {
            return true;
        };
        if !matches!(master.try_wait(), Ok(None)) {
            return true;
        }
        let mut check = Command::new("ssh");
        check.args(["-O", "check"]);
        self.arguments(&mut check, &socket(folder.path()), "-p");
        check.arg("--").arg(self.address.login());
        !check.output().is_ok_and(|answer| answer.status.success())
    }

    fn not_started(&self, program: &'static str, source: io::Error) -> SshError {
        if source.kind() != io::ErrorKind::NotFound {
            let verb = "start";
            return SshError::Local { verb, program, source };
        }
        let package = if program == "rsync" {
            "rsync"
        } else {
            "the OpenSSH client (openssh-client)"
        };
        let address = self.address.to_string();
        SshError::Missing {
            program,
            package,
            address,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(Held { mut master, .. }) = self.held().take() {
            // Its `cat` has read everything, and both ends close.
            drop(master.stdin.take());
            let _ = master.wait();
        }
    }
}

/// A script as it is sent: nothing of it runs before all of it is there, and nothing in it reads what is sent.
fn whole(script: &str) -> String {
    format!(
        "main() {{\nLC_ALL=C; export LC_ALL; umask 022; set -eu\necho {BEGIN}\n{script}\n}}\nmain </dev/null\nexit\n"
    )
}

fn program(with_rsync: bool) -> &'static str {
    if with_rsync { "rsync" } else { "scp" }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("s")
}

fn local(verb: &'static str, program: &'static str) -> impl FnOnce(io::Error) -> SshError {
    move |source| SshError::Local { verb, program, source }
}

fn with_path(key: &str, path: &Path) -> OsString {
    let mut text = OsString::from(key);
    text.push(path);
    text
}

fn with_slash(folder: &Path) -> OsString {
    let mut text = folder.as_os_str().to_owned();
    text.push("/");
    text
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

/// A command as rsync reads it: single quotes, doubled within.
fn rsync_shell(command: &Command) -> OsString {
    let word = |word: &OsStr| format!("'{}'", word.to_string_lossy().replace('\'', "''"));
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(word).collect::<Vec<_>>().join(" ").into()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
