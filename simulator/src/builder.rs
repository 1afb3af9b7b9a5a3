//! Setting a simulator up.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::time::Duration;

use crate::answer::Answer;
use crate::fault::{Effect, Rule};
use crate::json::Style;
use crate::request::Request;
use crate::server::{Log, Mutation, Shared};
use crate::service::Service;
use crate::simulator::Simulator;
use crate::states::{Clock, States};
use crate::tls::{Certificate, Identity};

/// How the simulator is to behave. Made by [`Simulator::builder`].
pub struct Builder {
    address: IpAddr,
    port: u16,
    api_key: String,
    seed: u64,
    clock: Clock,
    latency: Duration,
    tls: bool,
    certificate: Certificate,
    refusal_status: u16,
    style: Style,
    record: bool,
    mutate: Option<Mutation>,
    faults: Vec<Rule>,
}

impl Simulator {
    /// A simulator to be set up and started.
    pub fn builder() -> Builder {
        Builder {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            api_key: "demo".to_owned(),
            seed: 0,
            clock: Clock::default(),
            latency: Duration::ZERO,
            tls: false,
            certificate: Certificate::default(),
            refusal_status: 200,
            style: Style::default(),
            record: false,
            mutate: None,
            faults: Vec::new(),
        }
    }
}

impl Builder {
    /// The loopback address to listen on. Default: 127.0.0.1.
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The port to listen on. Default: 0, any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The API key that is accepted. Default: `demo`.
    pub fn api_key(mut self, api_key: &str) -> Self {
        self.api_key = api_key.to_owned();
        self
    }

    /// What decides, together with number and id, what becomes of a message. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The time by which the simulator answers. Default: the real one.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// How long every answer is held back. Default: not at all.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Whether to speak TLS, under an authority made at the start. Default: no.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls;
        self
    }

    /// Speaks TLS, and shows this certificate.
    pub fn certificate(mut self, certificate: Certificate) -> Self {
        self.tls = true;
        self.certificate = certificate;
        self
    }

    /// The HTTP status of a refusal. Default: 200, as the documentation names none.
    pub fn refusal_status(mut self, status: u16) -> Self {
        self.refusal_status = status;
        self
    }

    /// How JSON is written. Default: compact.
    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Whether [`Simulator::requests`] keeps the whole requests. Default: no.
    pub fn record(mut self, record: bool) -> Self {
        self.record = record;
        self
    }

    /// A function that may change each answer before it is written. All connections are served by
    /// one thread, which waits for it. Where it panics, that connection is closed without an answer.
    pub fn mutate(mut self, mutate: impl FnMut(&Request, &mut Answer) + Send + 'static) -> Self {
        self.mutate = Some(Box::new(mutate));
        self
    }

    /// A fault to happen on purpose, after `mutate`. All rules that hold for a request apply to it, in the order in which
    /// they were given; where one replaces the body, those that change entries come before it.
    pub fn fault(self, rule: Rule) -> Self {
        self.faults([rule])
    }

    /// The same for several.
    pub fn faults(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.faults.extend(rules);
        self
    }

    /// Starts the simulator; on return it accepts connections.
    ///
    /// # Errors
    /// `InvalidInput` for an address that is not loopback, a refusal status that HTTP does not know, or a slow handshake
    /// without TLS; else what the system or the making of certificates answers.
    pub fn start(self) -> io::Result<Simulator> {
        if !self.address.is_loopback() {
            return Err(invalid(format!("the simulator listens on loopback addresses only, not on {}", self.address)));
        }
        if !(200..600).contains(&self.refusal_status) {
            return Err(invalid(format!("{} is not the HTTP status of an answer", self.refusal_status)));
        }
        if !self.tls && self.faults.iter().any(|rule| matches!(rule.effect, Effect::Handshake(_))) {
            return Err(invalid("without TLS there is no handshake that could be slow".to_owned()));
        }
        let identity = self.tls.then(|| Identity::new(&self.certificate)).transpose()?;
        let (acceptor, ca_pem) = identity.map_or((None, None), |it| (Some(it.acceptor), Some(it.ca_pem)));
        let shared = Shared {
            service: Service {
                api_keys: Mutex::new(vec![self.api_key]),
                refusal_status: self.refusal_status,
                states: States::new(self.seed, self.clock),
            },
            latency: self.latency,
            style: self.style,
            record: self.record,
            mutate: self.mutate.map(Mutex::new),
            seed: self.seed,
            faults: self.faults,
            acceptor,
            log: Log::default(),
        };
        let listener = TcpListener::bind((self.address, self.port))?;
        Simulator::run(listener, shared, ca_pem)
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, message)
}
