use std::io;

/// Why something did not work on another machine.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// A program of this machine that is missing.
    #[error("{program} is needed to reach {address}, and is not installed; install {package}")]
    Missing {
        /// The program.
        program: &'static str,
        /// What has it.
        package: &'static str,
        /// The mirror.
        address: String,
    },
    /// A program of this machine, or its temporary files.
    #[error("cannot {verb} {program}")]
    Local {
        /// What was tried.
        verb: &'static str,
        /// On what.
        program: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// No connection.
    #[error("cannot connect to {address}: {said}")]
    Connect {
        /// The mirror.
        address: String,
        /// What ssh said last.
        said: String,
    },
    /// The connection has gone.
    #[error("the connection to {address} broke off while {doing}: {said}")]
    Broken {
        /// The mirror.
        address: String,
        /// What was going on.
        doing: String,
        /// What the program said last.
        said: String,
    },
    /// The far side refused, or could not.
    #[error("{address}: {doing} failed: {said}")]
    Failed {
        /// The mirror.
        address: String,
        /// What was going on.
        doing: String,
        /// What was said last.
        said: String,
    },
    /// An answer that is none.
    #[error("{address}: {doing} gave an answer that cannot be read; is there a POSIX shell on the far side?")]
    Answer {
        /// The mirror.
        address: String,
        /// What was going on.
        doing: String,
    },
}

impl SshError {
    /// Whether the same may work a moment later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Broken { .. })
    }

    /// Whether there is no way to the mirror, in contrast to one that does not what it should.
    pub fn is_unreachable(&self) -> bool {
        self.may_pass() || matches!(self, Self::Missing { .. })
    }
}

/// The last lines of what a program said, as one.
pub(super) fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| line.chars().filter(|c| !c.is_control()).take(300).collect::<String>())
        .collect();
    match &lines[lines.len().saturating_sub(3)..] {
        [] => "nothing was said about it".to_owned(),
        last => last.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_count() {
        assert_eq!(last_words(b""), "nothing was said about it");
        assert_eq!(
            last_words(b"one\n\ntwo\r\n  three\x1b[1m\nfour\n"),
            "two; three[1m; four"
        );
    }
}
