# libsmsp. `make demo` shows it at work, `make test` runs every test there is.

CARGO ?= cargo

# Steps, one after another; each prints its time.
TIMED = @sh scripts/timed.sh $@

.PHONY: all demo test check header docs bench fuzz soak mutants tsan deep clean tools

all: tools
	$(CARGO) build --locked --release --workspace

demo: tools
	@sh scripts/demo.sh

# Every test: units, the C interface from Rust and C (plain, under AddressSanitizer and under valgrind), the simulator,
# smsp-status, examples. Ten minutes at the most.
test: tools
	$(TIMED) 'sh scripts/test-deps.sh' '$(CARGO) test --locked --workspace'

# What needs no run: format, lints, the header in the tree, documentation. Three minutes at the most.
check: tools
	$(TIMED) '$(CARGO) fmt --all --check' \
		'$(CARGO) clippy --locked --workspace --all-targets -- -D warnings' \
		'sh scripts/header.sh check' \
		'RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps'

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

# Changes in the code that no test notices; needs cargo-mutants.
mutants: tools
	@sh scripts/mutants.sh

# Threads under ThreadSanitizer, with a rebuilt std; says what it needs.
tsan: tools
	@sh scripts/tsan.sh

# What takes longer than a change should wait for.
deep: tools
	$(TIMED) 'SMSP_EVERY_CUT=1 $(CARGO) test --locked --release --lib -- whole_or_nothing' \
		'SMSP_SOAK_SECONDS=600 $(CARGO) test --locked --test soak' \
		'sh scripts/tsan.sh' 'sh scripts/fuzz.sh 600' 'sh scripts/mutants.sh'

clean:
	$(CARGO) clean

tools:
	@sh scripts/build-deps.sh
