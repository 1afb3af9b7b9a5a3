# libsmsp. `make demo` shows it at work, `make test` runs every test there is.

CARGO ?= cargo
TARGET = $(or $(CARGO_TARGET_DIR),target)

# Where `make install` puts things; DESTDIR goes before all of them, for packages.
PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib

# Steps, one after another; each prints its time.
TIMED = @sh scripts/timed.sh $@

.PHONY: all install uninstall demo test check header docs outages bench bench-quick bench-instructions \
	bench-small bench-bindings fuzz soak mutants analyze-php tsan deep release dist test-platforms clean tools

# What is installed, in target/lib; programs that are not, in target/release.
all: tools
	@. scripts/lib/names.sh && set -x && $(CARGO) build --locked --release --workspace --exclude smsp-test-support $$features
	@sh scripts/link.sh $(TARGET)/release $(TARGET)/lib

# Builds only if something changed, so that root needs no Rust.
install: $(TARGET)/lib/libsmsp.a
	@PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' sh scripts/install.sh install

$(TARGET)/lib/libsmsp.a: Cargo.toml Cargo.lock build.rs cbindgen.toml packaging/smsp.map scripts/link.sh \
		$(shell find src cli/src -name '*.rs')
	@$(MAKE) all

uninstall:
	@PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' sh scripts/install.sh uninstall

# The libraries for systems as old as glibc 2.17, in target/glibc-2.17, tested; installs cargo-zigbuild and zig from PyPI.
release: tools
	@sh scripts/release.sh

# Tarballs, zips for Windows and Debian packages for people without Rust, in target/dist; PLATFORMS=x86_64-linux-gnu makes that one alone.
dist: tools
	@sh scripts/dist.sh $(PLATFORMS)

# Makes them all, and runs what they hold, arm64 under qemu and Windows under wine: docs/PLATFORMS.md.
test-platforms: tools
	@sh scripts/deps.sh platforms
	@sh scripts/dist.sh
	@. scripts/lib/zig.sh && target=$$(cd '$(TARGET)' && pwd) && SMSP_DIST=$$target/dist \
		SMSP_WINE32=$$target/tools/wine32 SMSP_TEST_LIBRARY=$$target/glibc-2.17 \
		$(CARGO) test --locked --package smsp --test platforms

demo: tools
	@sh scripts/demo.sh

# Every test: units, the C interface from Rust and C (plain, under AddressSanitizer and under valgrind), the simulator,
# smsp-status, examples. Ten minutes at the most.
test: tools
	$(TIMED) 'sh scripts/deps.sh test' '$(CARGO) test --locked --workspace'

# What needs no run: format, lints, the header in the tree and what programs were compiled against, the licences of all
# crates, documentation. Three minutes at the most, and some more once, to build cargo-deny.
check: tools
	$(TIMED) 'sh scripts/deps.sh check' '$(CARGO) fmt --all --check' \
		'$(CARGO) clippy --locked --workspace --all-targets -- -D warnings' \
		'$(CARGO) clippy --locked --package smsp --test tsan --test platforms -- -D warnings' \
		'RUSTFLAGS="--cfg fuzzing" $(CARGO) clippy --locked --package smsp --target-dir $(TARGET)/fuzzing -- -D warnings' \
		'sh scripts/header.sh check' 'sh scripts/abi.sh' 'shellcheck -x .ci/run scripts/*.sh scripts/lib/*.sh benches/bindings/*.sh' \
		'$(CARGO) deny --locked check bans licenses sources' \
		'RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps' \
		'$(CARGO) package --locked --allow-dirty --package smsp'

# Brings the generated header into the tree.
header: tools
	@sh scripts/header.sh write

# Writes the generated pages of docs/, and the manual page and completions of smsp-status in packaging/.
docs: tools
	SMSP_WRITE_DOCS=1 $(CARGO) test --locked --test behaviour --test delivery -- outcomes:: documentation:: licences::
	SMSP_WRITE_DOCS=1 $(CARGO) test --locked --package smsp-cli --test program -- packaging

# Calls through outages of a service; writes the table of docs/RELIABILITY.md in about three minutes.
outages: tools
	SMSP_OUTAGES=200 SMSP_WRITE_DOCS=1 $(CARGO) test --locked --test timing -- --nocapture a_thousand

# What a status costs the program that asks, beside the same job as others write it; writes docs/PERFORMANCE.md in about
# 15 minutes. The second shows the most telling rows within a minute, the third counts instructions, the fourth shows many
# callers that ask about one message a call, in about five minutes.
bench: all
	@sh scripts/bench.sh full

bench-quick: all
	@sh scripts/bench.sh quick

bench-instructions: all
	@sh scripts/bench.sh instructions

bench-small: all
	@sh scripts/bench.sh small

# What each binding adds to plain C; each script says what it needs.
bench-bindings: tools
	@for script in benches/bindings/*.sh; do echo "== $$script"; sh $$script || exit 1; done

# Each fuzz target for TIME seconds; needs the nightly toolchain and cargo-fuzz.
TIME ?= 60
fuzz: tools
	@sh scripts/fuzz.sh $(TIME)

# Asks for MINUTES under random faults, and counts what is lost or wrong.
MINUTES ?= 10
soak: tools
	SMSP_SOAK_SECONDS=$$(($(MINUTES) * 60)) $(CARGO) test --locked --test soak

# Changes in the code that no test notices; needs cargo-mutants.
mutants: tools
	@sh scripts/mutants.sh

# Types in PHP, at the strictest level of Mago, which takes some minutes to build.
analyze-php: tools
	@sh scripts/deps.sh analyze-php
	@mago --config bindings/php/mago.toml --workspace bindings/php analyze

# C programs that ask from many threads, under ThreadSanitizer, with the library and a rebuilt std.
tsan: tools
	@sh scripts/deps.sh tsan
	@RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS='-Zsanitizer=thread' /usr/bin/cargo rustc --locked --package smsp --lib \
		--crate-type staticlib --target x86_64-unknown-linux-gnu --target-dir '$(TARGET)/tsan' -Zbuild-std=std,panic_unwind
	@SMSP_TSAN_LIBRARY=$$(cd '$(TARGET)' && pwd)/tsan/x86_64-unknown-linux-gnu/debug/libsmsp.a \
		SMSP_TSAN_RUNTIME=$$(ls "$$(rustc +nightly --print sysroot)"/lib/rustlib/x86_64-unknown-linux-gnu/lib/*_rt.tsan.a) \
		$(CARGO) test --locked --package smsp --test tsan

# What takes longer than a change should wait for.
deep: tools
	$(TIMED) 'SMSP_EVERY_CUT=1 $(CARGO) test --locked --release --lib -- whole_or_nothing' \
		'SMSP_PEERS=10000 $(CARGO) test --locked --release --test timing -- --nocapture floods::' \
		'SMSP_OUTAGES=200 $(CARGO) test --locked --test timing -- --nocapture outages::' \
		'SMSP_SOAK_SECONDS=600 $(CARGO) test --locked --test soak' \
		'SMSP_ORACLE_STATUSES=10000000 SMSP_ORACLE_CALLS=1000000 $(CARGO) test --locked --release --test answers oracle::' \
		'sh scripts/release.sh' 'make test-platforms' 'make analyze-php' 'make tsan' \
		'sh scripts/fuzz.sh 600' 'sh scripts/mutants.sh'

clean:
	$(CARGO) clean

tools:
	@sh scripts/deps.sh build
