use crate::{Finding, Level, Refusal};

/// Where checks put what they find: stops at the first refusal, or keeps going to collect all.
pub struct Log {
    level: Level,
    keep_going: bool,
    /// Refusals collected so far; stays empty when stopping at the first.
    pub refusals: Vec<Finding>,
    /// What did not refuse, but somebody should know.
    pub warnings: Vec<Finding>,
}

impl Log {
    /// Stops at the first refusal.
    pub fn stopping(level: Level) -> Self {
        Self {
            level,
            keep_going: false,
            refusals: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Collects refusals.
    pub fn collecting(level: Level) -> Self {
        Self {
            keep_going: true,
            ..Self::stopping(level)
        }
    }

    /// Reports a fault after which other checks still make sense.
    pub fn refuse(&mut self, finding: Finding) -> Result<(), Refusal> {
        if !self.keep_going {
            return Err(finding.into());
        }
        self.refusals.push(finding);
        Ok(())
    }

    /// Reports a fault that only warns below level standard.
    pub fn refuse_if_enforced(&mut self, finding: Finding) -> Result<(), Refusal> {
        if self.level.enforces_signature() {
            return self.refuse(finding);
        }
        self.warn(finding);
        Ok(())
    }

    /// Reports what refuses at no level.
    pub fn warn(&mut self, finding: Finding) {
        self.warnings.push(finding);
    }
}
