//! The faults, declared once: the parser, `--help` and docs/SIMULATOR.md come from here.

use super::effect::{self, Drift, Effect, RetryAfter};
use super::parameters::{Parameter, Values};
use super::when::CONDITIONS;
use crate::encoding::{gzip, gzip_bomb};
use crate::wire::Framing;

/// A kind of fault.
pub struct Kind {
    pub(super) name: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) doc: &'static str,
    pub(super) example: &'static str,
    pub(super) make: fn(&Values) -> Result<Effect, String>,
}

impl Kind {
    /// Its name, which a rule begins with.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What can be said of it, beside when it happens.
    pub fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    /// What it does.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// A rule with it.
    pub fn example(&self) -> &'static str {
        self.example
    }

    /// What can be said of when a fault happens, whatever its kind. All of it must hold.
    pub fn conditions() -> &'static [Parameter] {
        CONDITIONS
    }
}

/// Every kind of fault there is.
pub fn fault_kinds() -> &'static [Kind] {
    KINDS
}

const MS: Parameter = Parameter { name: "ms", default: "1000", doc: "milliseconds" };
const AT: Parameter = Parameter { name: "at", default: "100", doc: "how many bytes are sent" };
const COUNT: Parameter = Parameter { name: "count", default: "1", doc: "how many entries" };
const RANDOM: Parameter = Parameter { name: "bytes", default: "200", doc: "how many bytes" };

/// The most of what a rule can make, in bytes or entries.
const MOST: usize = 1 << 20;

static KINDS: &[Kind] = &[
    Kind {
        name: "latency",
        parameters: &[MS],
        doc: "The answer is held back.",
        example: "latency ms=3000 share=0.1",
        make: |values| values.milliseconds("ms").map(Effect::Hold),
    },
    Kind {
        name: "slow-handshake",
        parameters: &[MS],
        doc: "The TLS handshake is held back; needs TLS. The numbers are those of connections, and there are no ids yet.",
        example: "slow-handshake ms=6000 requests=1",
        make: |values| values.milliseconds("ms").map(Effect::Handshake),
    },
    Kind {
        name: "too-many-requests",
        parameters: &[Parameter {
            name: "retry-after",
            default: "none",
            doc: "the header `Retry-After`: `none`, seconds, or `date:` and seconds for a date so far ahead",
        }],
        doc: "HTTP status 429.",
        example: "too-many-requests retry-after=2 every=5",
        make: |values| {
            let retry_after = RetryAfter::parse(values.text("retry-after"))?;
            Ok(Effect::answer(move |_, answer, _| {
                effect::page(answer, 429, "Too Many Requests");
                answer.headers.extend(retry_after.map(|wait| ("Retry-After".to_owned(), wait.value())));
            }))
        },
    },
    Kind {
        name: "status",
        parameters: &[Parameter { name: "code", default: "503", doc: "the HTTP status, from 200 to 599" }],
        doc: "Another HTTP status, with a page of HTML.",
        example: "status code=502 share=0.2",
        make: |values| {
            let status = values.number("code", 200..=599)?;
            Ok(Effect::answer(move |_, answer, _| effect::page(answer, status, "Fault")))
        },
    },
    Kind {
        name: "refuse",
        parameters: &[
            Parameter { name: "code", default: "10", doc: "the service's code" },
            Parameter { name: "status", default: "200", doc: "the HTTP status, from 200 to 599" },
        ],
        doc: "The service refuses the request as a whole. With `ids` it does so for any request that holds such an id, whatever else is asked: one message that the service does not like costs all the others their answers.",
        example: "refuse code=3 ids=77*",
        make: |values| {
            let (code, status) = (values.number("code", ..)?, values.number("status", 200..=599)?);
            Ok(Effect::answer(move |_, answer, _| effect::refuse(answer, code, status)))
        },
    },
    Kind {
        name: "reset-before",
        parameters: &[],
        doc: "The connection is reset before the request is read; there are no ids yet.",
        example: "reset-before share=0.3",
        make: |_| Ok(Effect::ResetUnread),
    },
    Kind {
        name: "reset-after",
        parameters: &[],
        doc: "The connection is reset once the request is read, without an answer.",
        example: "reset-after requests=1",
        make: |_| Ok(Effect::reply(|reply, _| reply.reset = true)),
    },
    Kind {
        name: "cut",
        parameters: &[AT],
        doc: "The connection is closed after so many bytes of the HTTP answer, head included.",
        example: "cut at=200 requests=1,3",
        make: |values| {
            let at = values.number("at", ..)?;
            Ok(Effect::reply(move |reply, _| reply.cut = Some(at)))
        },
    },
    Kind {
        name: "cut-body",
        parameters: &[AT],
        doc: "The connection is closed after the head and so many bytes of the body, as it is on the wire.",
        example: "cut-body at=0 every=2",
        make: |values| {
            let at = values.number("at", ..)?;
            Ok(Effect::reply(move |reply, _| reply.cut_body = Some(at)))
        },
    },
    Kind {
        name: "drip",
        parameters: &[
            Parameter { name: "bytes", default: "1", doc: "how many bytes are sent at a time" },
            Parameter { name: "ms", default: "100", doc: "milliseconds in between" },
        ],
        doc: "The answer comes a few bytes at a time.",
        example: "drip bytes=1 ms=50 ids=77*",
        make: |values| {
            let pace = (values.number("bytes", 1..)?, values.milliseconds("ms")?);
            Ok(Effect::reply(move |reply, _| reply.pace = Some(pace)))
        },
    },
    Kind {
        name: "garbage",
        parameters: &[RANDOM],
        doc: "Random bytes instead of HTTP, and the connection is closed.",
        example: "garbage bytes=1000 share=0.05",
        make: |values| {
            let count = values.number("bytes", ..=MOST)?;
            Ok(Effect::reply(move |reply, dice| reply.instead = Some(dice.bytes(count))))
        },
    },
    Kind {
        name: "garbage-body",
        parameters: &[RANDOM],
        doc: "Random bytes instead of the body.",
        example: "garbage-body requests=2-4",
        make: |values| {
            let count = values.number("bytes", ..=MOST)?;
            Ok(Effect::answer(move |_, answer, dice| answer.raw = Some(dice.bytes(count))))
        },
    },
    Kind {
        name: "wrong-length",
        parameters: &[Parameter {
            name: "by",
            default: "-1",
            doc: "how many bytes `Content-Length` says too many; with a minus, too few",
        }],
        doc: "`Content-Length` is wrong. The connection is closed behind an answer that is shorter than told.",
        example: "wrong-length by=10 requests=1",
        make: |values| {
            let by = values.number("by", ..)?;
            Ok(Effect::reply(move |reply, _| reply.framing = Framing::Length(by)))
        },
    },
    Kind {
        name: "chunked",
        parameters: &[Parameter { name: "bytes", default: "100", doc: "how many bytes a chunk has" }],
        doc: "The body comes in chunks, without `Content-Length`. No fault for most clients.",
        example: "chunked bytes=7",
        make: |values| {
            let size = values.number("bytes", 1..)?;
            Ok(Effect::reply(move |reply, _| reply.framing = Framing::Chunked(size)))
        },
    },
    Kind {
        name: "gzip",
        parameters: &[],
        doc: "The body is compressed even if the client does not say that it takes that.",
        example: "gzip",
        make: |_| {
            Ok(Effect::answer(|request, answer, _| {
                let body = answer.body(request.format, Default::default());
                answer.raw = Some(gzip(&body));
                answer.headers.push(("Content-Encoding".into(), "gzip".into()));
            }))
        },
    },
    Kind {
        name: "no-gzip",
        parameters: &[],
        doc: "The body is never compressed.",
        example: "no-gzip",
        make: |_| {
            Ok(Effect::answer(|_, answer, _| answer.headers.push(("Content-Encoding".into(), "identity".into()))))
        },
    },
    Kind {
        name: "gzip-bomb",
        parameters: &[Parameter { name: "mb", default: "100", doc: "megabytes after decompression, at most 1000" }],
        doc: "A small body that decompresses to a large one.",
        example: "gzip-bomb mb=200 requests=1",
        make: |values| {
            let bomb = gzip_bomb(values.number("mb", 1..=1000)?);
            Ok(Effect::answer(move |_, answer, _| {
                answer.raw = Some(bomb.clone());
                answer.headers.push(("Content-Encoding".into(), "gzip".into()));
            }))
        },
    },
    Kind {
        name: "reorder",
        parameters: &[],
        doc: "The entries are shuffled.",
        example: "reorder",
        make: |_| Ok(Effect::entries(|entries, dice| effect::shuffle(entries, dice))),
    },
    Kind {
        name: "missing",
        parameters: &[COUNT],
        doc: "Random entries are left out.",
        example: "missing count=2 share=0.1",
        make: |values| {
            let count = values.number("count", ..=MOST)?;
            Ok(Effect::entries(move |entries, dice| (0..count).for_each(|_| effect::drop_one(entries, dice))))
        },
    },
    Kind {
        name: "duplicate",
        parameters: &[COUNT],
        doc: "Random entries come twice.",
        example: "duplicate count=3",
        make: |values| {
            let count = values.number("count", ..=MOST)?;
            Ok(Effect::entries(move |entries, dice| (0..count).for_each(|_| effect::double_one(entries, dice))))
        },
    },
    Kind {
        name: "foreign",
        parameters: &[COUNT],
        doc: "Entries that nobody asked about are added: a recipient asked about, another id, another status.",
        example: "foreign count=5 share=0.5",
        make: |values| {
            let count = values.number("count", ..=MOST)?;
            Ok(Effect::entries(move |entries, dice| (0..count).for_each(|_| effect::add_stranger(entries, dice))))
        },
    },
    Kind {
        name: "drift",
        parameters: &[Parameter {
            name: "to",
            default: "texts",
            doc: "`texts`: numbers and flags are texts; `numbers`: dates and flags are numbers; `nulls`: what is not told is null; `object`: the list is an object",
        }],
        doc: "JSON values are of other types than documented.",
        example: "drift to=object",
        make: |values| {
            let drift = Drift::parse(values.text("to"))?;
            Ok(Effect::answer(move |request, answer, _| drift.apply(request, answer)))
        },
    },
];
