use clap_complete::Shell;

/// Print a completion script for a shell.
#[derive(clap::Args)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

impl Args {
    /// Prints it.
    pub fn run(self) -> anyhow::Result<()> {
        clap_complete::generate(self.shell, &mut crate::described(), "psp", &mut std::io::stdout());
        Ok(())
    }
}
