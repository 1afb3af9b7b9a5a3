# libsmsp. `make demo` shows it at work, `make test` runs every test there is.

CARGO ?= cargo

.PHONY: all demo test check header docs bench fuzz soak deep clean tools

all: tools
	$(CARGO) build --locked --release --workspace

demo: tools
	@sh scripts/demo.sh

# Every test: units, the C interface from Rust and C (plain and under valgrind), the simulator, smsp-status, examples.
test: tools
	@sh scripts/test-deps.sh
	$(CARGO) test --locked --workspace

# What needs no run: format, lints, the header in the tree, documentation.
check: tools
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	@sh scripts/header.sh check
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

# Brings the generated header into the tree.
header: tools
	@sh scripts/header.sh write

# Writes the generated pages of docs/.
docs: tools
	SMSP_WRITE_DOCS=1 $(CARGO) test --locked --test documentation --test outcomes

# What a status costs the program that asks, release build: CPU time and memory.
bench: tools
	@sh scripts/bench.sh

# Each fuzz target for TIME seconds; needs the nightly toolchain and cargo-fuzz.
TIME ?= 60
fuzz: tools
	@sh scripts/fuzz.sh $(TIME)

# Asks for MINUTES under random faults, and counts what is lost or wrong.
MINUTES ?= 10
soak: tools
	SMSP_SOAK_SECONDS=$$(($(MINUTES) * 60)) $(CARGO) test --locked --test soak

# What takes longer than a change should wait for.
deep: tools
	SMSP_EVERY_CUT=1 $(CARGO) test --locked --release --lib -- whole_or_nothing
	@$(MAKE) soak
	@sh scripts/fuzz.sh 600

clean:
	$(CARGO) clean

tools:
	@sh scripts/build-deps.sh
