//! Sends one HTTP request and receives its response, over sockets that keep to time limits and can be cancelled.

pub(crate) mod body;
mod buffers;
pub(crate) mod cancel;
mod connect;
mod content_encoding;
pub(crate) mod deadline;
mod explain;
mod happy_eyeballs;
pub(crate) mod http;
mod http_connect;
pub(crate) mod limit;
mod proxy_handshake;
mod resolve;
mod socks5;
mod tcp;
mod tls;
mod tls_stream;
mod tunnel;
pub(crate) mod wait;
