use ureq::Proxy;

/// Proxies for the two kinds of addresses.
///
/// Through a proxy, both kinds are tunnelled (`CONNECT`), so one that allows tunnels to port 443 only is of no use for `http://`.
#[derive(Clone, Default)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
}

/// A variable that names no proxy. Its value is not told, as it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected the address of a proxy in the variable {variable}, such as http://proxy.example.org:3128, found something else"
)]
pub struct ProxyError {
    variable: &'static str,
}

impl Proxies {
    /// Those of `https_proxy`, `http_proxy` and `all_proxy`, not for the hosts of `no_proxy`; each also in capitals, the small ones
    /// first. An empty value is none.
    ///
    /// # Errors
    /// A value that is no address of a proxy.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ProxyError> {
        let spared = set(&variable, ["no_proxy", "NO_PROXY"]).map_or_else(Vec::new, |(_, hosts)| spared(&hosts));
        let proxy = |names: [&'static str; 4]| -> Result<Option<Proxy>, ProxyError> {
            let Some((name, value)) = set(&variable, names) else {
                return Ok(None);
            };
            let refuse = || ProxyError { variable: name };
            let found = Proxy::new(&value).map_err(|_| refuse())?;
            let mut builder = Proxy::builder(found.protocol()).host(found.host()).port(found.port());
            if let Some(user) = found.username() {
                builder = builder.username(user);
            }
            if let Some(password) = found.password() {
                builder = builder.password(password);
            }
            let builder = spared.iter().fold(builder, |builder, host| builder.no_proxy(host));
            builder.build().map(Some).map_err(|_| refuse())
        };
        Ok(Self {
            http: proxy(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])?,
            https: proxy(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
        })
    }

    /// The one for an address.
    pub(super) fn of(&self, address: &str) -> Option<Proxy> {
        if address.starts_with("https:") {
            self.https.clone()
        } else {
            self.http.clone()
        }
    }
}

fn set<const N: usize>(
    variable: impl Fn(&str) -> Option<String>,
    names: [&'static str; N],
) -> Option<(&'static str, String)> {
    let mut found = names.into_iter().filter_map(|name| Some((name, variable(name)?)));
    found.find(|(_, value)| !value.is_empty())
}

/// A domain also stands for what is below it, as everywhere but in the library.
fn spared(hosts: &str) -> Vec<String> {
    let mut spared = Vec::new();
    for host in hosts.split([',', ' ']).filter(|host| !host.is_empty()) {
        let bare = host.trim_start_matches("*.").trim_start_matches('.');
        if bare != host || host == "*" {
            spared.push(host.to_owned());
        } else {
            spared.extend([host.to_owned(), format!(".{host}")]);
        }
    }
    spared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(pairs: &[(&str, &str)]) -> Result<Proxies, ProxyError> {
        Proxies::from_variables(|name| {
            let found = pairs.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn port(proxies: &Proxies, address: &str) -> Option<u16> {
        proxies.of(address).map(|proxy| proxy.port())
    }

    #[test]
    fn each_kind_has_its_variable() {
        let found = proxies(&[
            ("https_proxy", "http://p:1"),
            ("HTTPS_PROXY", "http://p:2"),
            ("HTTP_PROXY", "p:3"),
        ])
        .unwrap();
        assert_eq!(
            (port(&found, "https://a"), port(&found, "http://a")),
            (Some(1), Some(3))
        );
        let found = proxies(&[("ALL_PROXY", "http://p:4"), ("https_proxy", "")]).unwrap();
        assert_eq!(
            (port(&found, "https://a"), port(&found, "http://a")),
            (Some(4), Some(4))
        );
        assert_eq!(port(&proxies(&[]).unwrap(), "https://a"), None);
    }

    #[test]
    fn spared_hosts() {
        let found = proxies(&[("all_proxy", "http://p:1"), ("no_proxy", "a.org, .b.org,127.0.0.1")]).unwrap();
        let proxy = found.of("https://a").unwrap();
        for (address, is_spared) in [
            ("https://a.org/x", true),
            ("https://m.a.org/x", true),
            ("https://b.org/x", false),
            ("https://m.b.org/x", true),
            ("http://127.0.0.1:8080/x", true),
            ("https://c.org", false),
        ] {
            assert_eq!(proxy.is_no_proxy(&address.parse().unwrap()), is_spared, "{address}");
        }
    }

    #[test]
    fn a_secret_value_is_not_told() {
        for value in ["ftp://user:secret@p:1", "http://user:secret@", "http://user:secret@p q"] {
            let error = proxies(&[("https_proxy", value)]).map(drop).unwrap_err().to_string();
            assert!(error.contains("https_proxy") && !error.contains("secret"), "{error}");
        }
    }
}
