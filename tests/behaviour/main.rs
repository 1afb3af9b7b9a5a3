//! How the library behaves towards servers, proxies and the log.

mod bounds;
mod connections;
mod cuts;
mod log;
mod outcomes;
mod proxy;
mod retries;
mod tls;
