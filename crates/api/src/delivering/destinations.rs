//! Where webhooks may go: to public addresses, and to what the operator allows. A name is looked up once, every address that
//! it has is judged, and the connection goes to one of those very addresses.
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, LazyLock},
};

use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// Addresses that are not somebody's on the internet: this host, private and shared networks, links, documentation,
/// measurements, translations of IPv4, groups, and what is reserved (IANA's special-purpose registries); and one
/// that a cloud answers its own machines at.
static SPECIAL: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    ]
    .iter()
    .filter_map(|net| net.parse().ok())
    .collect()
});

/// What IPv6 hands out; everything else is special, also IPv4 in other clothes.
static UNICAST: LazyLock<Option<IpNet>> = LazyLock::new(|| "2000::/3".parse().ok());

/// Whether an address is somebody's on the internet.
pub fn is_public(address: IpAddr) -> bool {
    let handed_out = match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(_) => UNICAST.is_some_and(|net| net.contains(&address)),
    };
    handed_out && !SPECIAL.iter().any(|net| net.contains(&address))
}

/// What tells which addresses a name has now.
type LookUp = fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// Which networks webhooks may go to.
#[derive(Debug, Clone)]
pub struct Networks {
    allowed: Arc<Vec<IpNet>>,
    look_up: LookUp,
}

impl Default for Networks {
    fn default() -> Self {
        Self::and(vec![])
    }
}

/// A destination that events may not be sent to. What a name stands for is not told: whoever subscribes is no guide to the inside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error("it stands for an address that is not public, and the operator does not allow it")]
    Address,
    #[error("events are sent by https; by http only to networks that the operator allows")]
    Plain,
    #[error("it is not an address of the web with a host and without a user")]
    NotWeb,
    #[error("its name could not be resolved")]
    Unresolved,
}

impl Networks {
    /// The public ones, and these.
    pub fn and(allowed: Vec<IpNet>) -> Self {
        Self {
            allowed: Arc::new(allowed),
            look_up: |name| Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) }),
        }
    }

    fn are_allowed(&self, address: IpAddr) -> bool {
        // What hides an IPv4 address in an IPv6 one is the same host.
        let address = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(&address))
    }

    fn judge(&self, address: IpAddr, plain: bool) -> Result<(), NotAllowed> {
        match self.are_allowed(address) {
            true => Ok(()),
            false if plain => Err(NotAllowed::Plain),
            false if is_public(address) => Ok(()),
            false => Err(NotAllowed::Address),
        }
    }

    /// As much of an address as can be judged without looking its name up.
    pub fn check(&self, destination: &str) -> Result<Url, NotAllowed> {
        let url = Url::parse(destination).map_err(|_| NotAllowed::NotWeb)?;
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(NotAllowed::NotWeb),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAllowed::NotWeb);
        }
        let host = url.host_str().ok_or(NotAllowed::NotWeb)?;
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => self.judge(address, plain)?,
            Err(_) if plain && self.allowed.is_empty() => return Err(NotAllowed::Plain),
            Err(_) => {}
        }
        Ok(url)
    }

    /// What looks names up for connections that are plain, or not.
    pub fn resolver(&self, plain: bool) -> Judging {
        Judging {
            networks: self.clone(),
            plain,
        }
    }
}

/// Looks names up, and hands out their addresses only if every one of them is allowed.
pub struct Judging {
    networks: Networks,
    plain: bool,
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let (networks, plain) = (self.networks.clone(), self.plain);
        Box::pin(async move {
            let found = (networks.look_up)(name.as_str().to_owned()).await;
            let addresses = found.map_err(|_| NotAllowed::Unresolved)?;
            if addresses.is_empty() {
                return Err(NotAllowed::Unresolved.into());
            }
            for address in &addresses {
                networks.judge(address.ip(), plain)?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
#[path = "destinations_tests.rs"]
mod tests;
