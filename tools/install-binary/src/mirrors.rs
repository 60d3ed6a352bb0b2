//! Which mirrors are asked, and whose word counts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use binpkg::sign::TrustList;
use cli::{Exit, WithExit};
use engine::Settings;
use mirror::catalog::{CatalogError, Source};
use mirror::{Access, Address, Mirror};

/// The mirror of those who name none.
const USUAL: &str = "https://mirror.buckos.org";

/// Mirrors, their cache, and keys.
#[derive(clap::Args)]
pub(crate) struct MirrorArgs {
    /// Address of a mirror (repeatable, in order) [default: `[buckos] binary_mirror` in the project's .buckconfig]
    #[arg(short = 'm', long = "mirror-url", value_name = "URL")]
    mirrors: Vec<String>,
    /// Folder that keeps what mirrors sent [default: $XDG_CACHE_HOME/buckos-binaries, else ~/.cache/buckos-binaries]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
    /// Believe a mirror that anybody on the way could change: http:// without keys
    #[arg(long)]
    allow_insecure: bool,
    /// File with names and passwords for mirrors, as curl reads it [default: the one that the variable NETRC names]
    #[arg(long, value_name = "FILE")]
    netrc_file: Option<PathBuf>,
}

/// Keys that count.
#[derive(clap::Args)]
struct TrustArgs {
    /// A trusted key, `<name> <base64>`, a revoked one, `-<key id>`, or a file of such lines (repeatable); with any, indices and
    /// packages must be signed [default: the files of `[buckos] trusted_keys` in the project's .buckconfig]
    #[arg(long = "key", value_name = "KEY", allow_hyphen_values = true)]
    keys: Vec<String>,
    /// Take what nobody who is trusted has signed; checksums are checked all the same
    #[arg(long)]
    allow_unsigned: bool,
}

impl MirrorArgs {
    /// The folder of the cache, if there is one.
    pub(crate) fn cache(&self) -> Option<PathBuf> {
        self.cache_dir.clone().or_else(mirror::cache_folder)
    }

    /// How web servers are reached.
    pub(crate) fn access(&self) -> Result<Access> {
        Access::of_caller(self.netrc_file.as_deref(), self.allow_insecure).exit(Exit::Usage)
    }

    /// The mirrors to install from, and the keys that count there.
    pub(crate) fn mirrors(&self, settings: &Settings) -> Result<(Mirrors, TrustList)> {
        let trusted = self.trusted(settings)?;
        let addresses = self.texts(settings, Some(USUAL))?;
        let refusal = self
            .check_ways(&addresses, &trusted)
            .err()
            .map(|error| error.to_string());
        Ok((Mirrors::new(&addresses, &trusted, &self.access()?, refusal), trusted))
    }

    /// The keys that count; none where checksums suffice.
    pub(crate) fn trusted(&self, settings: &Settings) -> Result<TrustList> {
        if self.trust.allow_unsigned {
            return Ok(TrustList::default());
        }
        let mut lines = Vec::new();
        for key in &self.trust.keys {
            // A line of a key has a blank, and one that revokes begins with a hyphen.
            match key.starts_with('-') || key.contains(' ') {
                true => lines.push(key.clone()),
                false => lines.extend(lines_of(Path::new(key))?),
            }
        }
        if self.trust.keys.is_empty()
            && let Some(project) = &settings.project
        {
            for file in settings.list("buckos", "trusted_keys") {
                lines.extend(lines_of(&project.join(file))?);
            }
        }
        TrustList::parse(lines.iter().map(String::as_str))
            .context("cannot use the trusted keys")
            .exit(Exit::Usage)
    }

    /// The addresses, in order: those of the options, else those of the settings, else `usual`; nobody on the way to them changes
    /// what they say.
    pub(crate) fn addresses(
        &self,
        settings: &Settings,
        trusted: &TrustList,
        usual: Option<&str>,
    ) -> Result<Vec<Address>> {
        let addresses = self.texts(settings, usual)?;
        self.check_ways(&addresses, trusted)?;
        Ok(addresses)
    }

    fn texts(&self, settings: &Settings, usual: Option<&str>) -> Result<Vec<Address>> {
        let mut texts = self.mirrors.clone();
        if texts.is_empty() {
            texts = settings.list("buckos", "binary_mirror");
        }
        if texts.is_empty() {
            texts.extend(usual.map(str::to_owned));
        }
        if texts.is_empty() {
            return Err(anyhow!(
                "no mirror: set `[buckos] binary_mirror` in .buckconfig, or name one with --mirror-url"
            ))
            .exit(Exit::Usage);
        }
        texts
            .iter()
            .map(|text| absolute(text.parse().exit(Exit::Usage)?))
            .collect()
    }

    fn check_ways(&self, addresses: &[Address], trusted: &TrustList) -> Result<()> {
        let mut ways = addresses
            .iter()
            .map(|address| address.check_way(!trusted.is_empty(), self.allow_insecure));
        ways.try_for_each(|way| way).exit(Exit::Usage)
    }
}

/// The lines of a file of keys; empty ones and comments are for people.
fn lines_of(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| {
            format!(
                "cannot read the keys in {}; a key itself is `<name> <base64>`",
                path.display()
            )
        })
        .exit(Exit::Usage)?;
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

/// A folder is known by its whole path, from wherever it was named.
fn absolute(address: Address) -> Result<Address> {
    Ok(match address {
        Address::Directory(path) => {
            Address::Directory(std::path::absolute(&path).with_context(|| format!("cannot use {}", path.display()))?)
        }
        other => other,
    })
}

/// The mirrors of one run, for whoever asks what there is and for whoever fetches it.
pub(crate) struct Mirrors {
    /// For the catalog.
    pub(crate) sources: Vec<Source>,
    /// For transfers.
    pub(crate) transports: Vec<Mirror>,
    /// Why they must not be asked; nothing is wrong as long as nobody needs them.
    refusal: Option<String>,
}

impl Mirrors {
    /// The mirrors at `addresses`, whose words must be signed by one of the trusted keys.
    fn new(addresses: &[Address], trusted: &TrustList, access: &Access, refusal: Option<String>) -> Self {
        let source = |address: &Address| Source {
            mirror: address.mirror_by(access),
            trusted: trusted.clone(),
            serial: 0,
        };
        Self {
            sources: addresses.iter().map(source).collect(),
            transports: addresses.iter().map(|address| address.mirror_by(access)).collect(),
            refusal,
        }
    }

    /// Whether they may be asked.
    ///
    /// # Errors
    /// Anybody on the way could change what they say.
    pub(crate) fn expect_safe(&self) -> Result<()> {
        match &self.refusal {
            Some(refusal) => Err(anyhow!("{refusal}")).exit(Exit::Usage),
            None => Ok(()),
        }
    }
}

/// Gives an error of the catalog its exit code.
pub(crate) fn with_code<T>(outcome: Result<T, CatalogError>) -> Result<T> {
    outcome.or_else(|error| {
        let exit = if error.is_unreadable() {
            Exit::NoMirror
        } else if error.is_local() {
            Exit::Failed
        } else {
            Exit::Unverified
        };
        Err(error).exit(exit)
    })
}
