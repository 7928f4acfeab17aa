//! Proxies: Tidegate talks to the API server itself.
//!
//! `HTTPS_PROXY` is mostly meant for the web. A server that such a proxy is not for, because it is
//! this machine or because `NO_PROXY` says so, is talked to without one. Any other is refused with
//! a remedy: trying it would end in a long wait for what the environment says cannot work.

use std::net::IpAddr;

use http::Uri;
use kube::Config;
use kube::config::Kubeconfig;

use super::ConnectError;

/// The proxies that a kubeconfig states itself. Those are meant, whatever the server is.
pub(super) fn stated(kubeconfig: &Kubeconfig) -> Vec<Uri> {
    let clusters = kubeconfig
        .clusters
        .iter()
        .filter_map(|it| it.cluster.as_ref());
    clusters
        .filter_map(|cluster| cluster.proxy_url.as_ref()?.parse().ok())
        .collect()
}

/// Leaves the environment's proxy out where it is not for the server.
pub(super) fn settle(config: &mut Config, stated: &[Uri]) -> Result<(), ConnectError> {
    let Some(proxy) = config.proxy_url.take() else {
        return Ok(());
    };
    let is_stated = stated.contains(&proxy);
    let host = config.cluster_url.host().unwrap_or_default();
    if !is_stated && (is_here(host) || is_exempt(host, &exemptions())) {
        return Ok(());
    }
    Err(ConnectError::Proxy {
        server: config
            .cluster_url
            .to_string()
            .trim_end_matches('/')
            .to_owned(),
        // Without what comes before it, which may be a password.
        proxy: proxy.host().unwrap_or_default().to_owned(),
        remedy: if is_stated {
            "remove `proxy-url` from the kubeconfig"
        } else {
            "unset `HTTPS_PROXY`, or add the server to `NO_PROXY`"
        },
    })
}

fn exemptions() -> String {
    let names = ["NO_PROXY", "no_proxy"].into_iter();
    let mut set = names.filter_map(|name| std::env::var(name).ok());
    set.find(|list| !list.is_empty()).unwrap_or_default()
}

fn is_here(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

/// Whether a list as `NO_PROXY` has it names a host: by its name, a domain above it, its address,
/// or a range of addresses.
fn is_exempt(host: &str, list: &str) -> bool {
    list.split(',').map(str::trim).any(|entry| {
        let domain = entry.trim_start_matches('.');
        let is_below = |rest: &str| rest.is_empty() || rest.ends_with('.');
        let is_named = !domain.is_empty() && host.strip_suffix(domain).is_some_and(is_below);
        entry == "*" || is_named || is_in(host, entry)
    })
}

fn is_in(host: &str, range: &str) -> bool {
    let parts = range.split_once('/');
    let parsed = parts.and_then(|(net, bits)| Some((address(net)?, bits.parse::<u32>().ok()?)));
    match (address(host), parsed) {
        (Some(IpAddr::V4(host)), Some((IpAddr::V4(net), bits))) => {
            let differing = (host.to_bits() ^ net.to_bits()).leading_zeros();
            differing >= bits
        }
        (Some(IpAddr::V6(host)), Some((IpAddr::V6(net), bits))) => {
            let differing = (host.to_bits() ^ net.to_bits()).leading_zeros();
            differing >= bits
        }
        _ => false,
    }
}

/// An address, in the brackets of a URL or not.
fn address(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_needs_no_proxy() {
        for host in ["localhost", "127.0.0.1", "127.8.0.1", "[::1]"] {
            assert!(is_here(host), "{host}");
        }
        for host in ["10.0.0.1", "localhost.example.com", "[2001:db8::1]", ""] {
            assert!(!is_here(host), "{host}");
        }
    }

    #[test]
    fn a_list_names_hosts_domains_addresses_and_ranges() {
        let check = |host, list, expect| assert_eq!(is_exempt(host, list), expect, "{host} {list}");
        check("api.example.com", "", false);
        check("api.example.com", "*", true);
        check("api.example.com", "localhost, .example.com", true);
        check("api.example.com", "example.com", true);
        check("api.example.com", "api.example.com", true);
        check("apiexample.com", "example.com", false);
        check("10.1.2.3", "10.1.2.3", true);
        check("10.1.2.3", "10.0.0.0/8", true);
        check("11.1.2.3", "10.0.0.0/8", false);
        check("11.1.2.3", "0.0.0.0/0", true);
        check("[2001:db8::1]", "2001:db8::/32", true);
        check("[2001:db9::1]", "2001:db8::/32", false);
        check("10.1.2.3", "2001:db8::/32", false);
    }
}
