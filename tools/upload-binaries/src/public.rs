//! Where readers find what was published.

use anyhow::{Context, Result, anyhow};
use cli::{Exit, WithExit};
use engine::Settings;
use mirror::Address;

use crate::args::UploadArgs;

/// The address that readers use, if somebody said it. The one that is written to says nothing of it.
///
/// # Errors
/// Exit code 2 for what is no address that others could read.
pub fn address(args: &UploadArgs) -> Result<Option<Address>> {
    let (text, origin) = match &args.public_url {
        Some(text) => (text.clone(), "--public-url"),
        None => {
            let settings = Settings::find(&std::env::current_dir().context("cannot tell the current folder")?)
                .context("cannot read the project's .buckconfig")?;
            let Some(text) = settings.get("buckos", "public_mirror") else {
                return Ok(None);
            };
            (text.to_owned(), "`[buckos] public_mirror`")
        }
    };
    match text.parse() {
        Ok(address @ Address::Http(_)) => Ok(Some(address)),
        Ok(other) => Err(anyhow!(
            "{origin} is for readers: expected http:// or https://, found `{other}`"
        ))
        .exit(Exit::Usage),
        Err(error) => Err(anyhow!("{origin}: {error}")).exit(Exit::Usage),
    }
}
