//! Why a start failed, as an exit code and a sentence.

use std::error::Error;
use std::fmt;

use pspf_cache::CacheError;
use pspf_verify::{Finding, Refusal};

/// The launcher's exit codes. A program that was started gives its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// A policy forbids the start, or a command of CLI mode failed.
    Refused = 1,
    /// A fault of the launcher itself.
    Panic = 101,
    /// Not a package, or one in another form than the format's.
    Format = 102,
    /// The package cannot be unpacked.
    Extraction = 103,
    /// The program or a setup command cannot be run, or a policy file cannot be used.
    Execution = 104,
    /// Wrong arguments in CLI mode.
    Arguments = 105,
    /// A file, the cache directory or the program cannot be found, read or written.
    Io = 106,
    /// A digest, signature or seal does not hold.
    Integrity = 107,
}

/// A failed start.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What was wrong, and what to do.
    pub message: String,
    /// What it was caused by, outermost first.
    pub causes: Vec<String>,
}

impl Failure {
    /// A failure without a further cause.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Failure {
            code,
            message: message.into(),
            causes: Vec::new(),
        }
    }

    /// A failure that another error caused.
    pub fn caused(code: Code, message: impl Into<String>, cause: &dyn Error) -> Self {
        let mut failure = Failure::new(code, message);
        failure.add_causes(Some(cause));
        failure
    }

    /// An error with its sources.
    pub fn of(code: Code, error: &dyn Error) -> Self {
        let mut failure = Failure::new(code, error.to_string());
        failure.add_causes(error.source());
        failure
    }

    /// A finding of the verifier; the code tells a wrong form from a wrong digest.
    pub fn of_finding(finding: &Finding) -> Self {
        let code = match finding.kind {
            pspf_verify::Kind::Format => Code::Format,
            pspf_verify::Kind::Integrity => Code::Integrity,
        };
        Failure::new(code, format!("the package is refused: {finding}"))
    }

    fn add_causes(&mut self, mut cause: Option<&dyn Error>) {
        while let Some(error) = cause {
            self.causes.push(error.to_string());
            cause = error.source();
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes
            .iter()
            .try_for_each(|cause| write!(f, "\n  caused by: {cause}"))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal.finding() {
            Some(finding) => Failure::of_finding(finding),
            None => Failure::of(Code::Io, &refusal),
        }
    }
}

impl From<CacheError> for Failure {
    fn from(error: CacheError) -> Self {
        Failure::of(Code::Io, &error)
    }
}

impl From<pspf_policy::PolicyError> for Failure {
    fn from(error: pspf_policy::PolicyError) -> Self {
        Failure::of(Code::Execution, &error)
    }
}
