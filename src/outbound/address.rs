//! Which addresses may be connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// Resolves names, and leaves out the addresses at which clouds hand out credentials: a name that
/// somebody chose must not lead there.
#[derive(Debug, Clone)]
pub(super) struct Resolver(GaiResolver);

impl Resolver {
    pub(super) fn new() -> Self {
        Self(GaiResolver::new())
    }
}

impl Service<Name> for Resolver {
    type Response = IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let resolving = self.0.call(name);
        Box::pin(async move {
            let allowed: Vec<SocketAddr> = resolving.await?.filter(is_allowed).collect();
            if allowed.is_empty() {
                return Err(io::Error::other(
                    "its name leads to no address that may be asked",
                ));
            }
            Ok(allowed.into_iter())
        })
    }
}

fn is_allowed(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(address) => !address.is_link_local(),
        IpAddr::V6(address) => {
            let mapped = address.to_ipv4_mapped();
            !address.is_unicast_link_local() && !mapped.is_some_and(|it| it.is_link_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_clouds_hand_out_credentials_nobody_is_sent() {
        for (address, allowed) in [
            ("10.0.0.1:9090", true),
            ("127.0.0.1:9090", true),
            ("169.254.169.254:80", false),
            ("[fe80::1]:80", false),
            ("[::ffff:169.254.169.254]:80", false),
            ("[2001:db8::1]:80", true),
        ] {
            assert_eq!(is_allowed(&address.parse().unwrap()), allowed, "{address}");
        }
    }
}
