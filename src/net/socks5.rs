//! SOCKS5 (RFC 1928) with user name and password (RFC 1929): asks a proxy to connect to a host, whose name the proxy
//! looks up.

use std::net::IpAddr;

use zeroize::Zeroizing;

use super::proxy_handshake::{ProxyHandshake, refused};
use crate::config::proxy::Credentials;
use crate::config::url::joined;
use crate::error::Error;

const SOCKS_VERSION: u8 = 5;
const PASSWORD_VERSION: u8 = 1;
/// The version, and two texts of at most 255 bytes, each after its length.
const MAX_PASSWORD_REQUEST: usize = 1 + 2 * 256;
/// Authentication methods of SOCKS5.
const NO_CREDENTIALS: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_OF_THESE: u8 = 0xff;
/// Address types of SOCKS5.
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Asks the proxy to connect to this host and port, with the credentials if it wants them. Fails if the proxy does not
/// connect.
pub(super) fn connect(handshake: &mut ProxyHandshake<'_>, host: &str, port: u16) -> Result<(), Error> {
    let credentials = handshake.proxy.credentials.as_ref();
    match credentials {
        Some(_) => handshake.send(&[SOCKS_VERSION, 2, NO_CREDENTIALS, PASSWORD])?,
        None => handshake.send(&[SOCKS_VERSION, 1, NO_CREDENTIALS])?,
    }
    match (handshake.take()?, credentials) {
        ([SOCKS_VERSION, NO_CREDENTIALS], _) => {}
        ([SOCKS_VERSION, PASSWORD], Some(credentials)) => authenticate(handshake, credentials)?,
        ([SOCKS_VERSION, NONE_OF_THESE], None) => {
            return Err(refused(handshake.proxy, "wants a user name and a password"));
        }
        ([SOCKS_VERSION, NONE_OF_THESE], Some(_)) => {
            return Err(refused(handshake.proxy, "takes no user name and password"));
        }
        _ => return Err(handshake.error("does not speak SOCKS5")),
    }
    let mut request = vec![SOCKS_VERSION, 1, 0];
    request
        .extend(address(host).ok_or_else(|| handshake.error(format!("cannot be asked for a name as long as {host}")))?);
    request.extend(port.to_be_bytes());
    handshake.send(&request)?;
    match handshake.take()? {
        [SOCKS_VERSION, 0, _, kind] => skip_address(handshake, kind),
        [SOCKS_VERSION, reply, ..] => {
            let target = joined(host, port);
            Err(handshake.error(format!("does not connect to {target}: SOCKS5 reply {reply}, {}", meaning(reply))))
        }
        _ => Err(handshake.error("does not speak SOCKS5")),
    }
}

fn authenticate(handshake: &mut ProxyHandshake<'_>, credentials: &Credentials) -> Result<(), Error> {
    let mut request = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD_REQUEST));
    request.push(PASSWORD_VERSION);
    for text in [&credentials.user, &credentials.password] {
        // The option `proxy` does not accept longer texts.
        request.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        request.extend(text.as_bytes());
    }
    handshake.send(&request)?;
    match handshake.take()? {
        [_, 0] => Ok(()),
        _ => Err(refused(handshake.proxy, "refuses the user name or the password")),
    }
}

/// Encodes a host for SOCKS5. None if its name is too long for that.
fn address(host: &str) -> Option<Vec<u8>> {
    let (mut address, bytes) = match host.parse() {
        Ok(IpAddr::V4(ip)) => (vec![IPV4], ip.octets().to_vec()),
        Ok(IpAddr::V6(ip)) => (vec![IPV6], ip.octets().to_vec()),
        Err(_) => (vec![NAME, u8::try_from(host.len()).ok()?], host.as_bytes().to_vec()),
    };
    address.extend(bytes);
    Some(address)
}

/// What a reply code of SOCKS5 means.
fn meaning(reply: u8) -> &'static str {
    match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "kind of address not supported",
        _ => "unknown",
    }
}

/// Skips the address from which the proxy connected. It is of no use.
fn skip_address(handshake: &mut ProxyHandshake<'_>, kind: u8) -> Result<(), Error> {
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(handshake.take::<1>()?[0]),
        _ => return Err(handshake.error("does not speak SOCKS5")),
    };
    for _ in 0..length + size_of::<u16>() {
        handshake.take::<1>()?;
    }
    Ok(())
}
