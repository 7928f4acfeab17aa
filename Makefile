# The two commands of the README are `make demo` and `make test`.
.PHONY: demo test sim bench check generate

# Shows the whole road on a local control plane. Touches no cluster of yours.
demo:
	@deploy/demo/demo.sh

# Every test, the end-to-end ones on a real control plane included.
test:
	@tests/prerequisites.sh
	@tests/controlplane/build.sh >/dev/null
	cargo test --all-targets

# The simulator for hours, mutations that it has to notice, and a control plane that has to agree.
sim:
	SIM_SCRIPTS=$${SIM_SCRIPTS:-1000000} tests/sim/run.sh
	tests/sim/mutations/run.sh
	@tests/prerequisites.sh
	@tests/controlplane/build.sh >/dev/null
	TIDEGATE_AGREEMENT=$${TIDEGATE_AGREEMENT:-500} cargo test --test it agreement:: -- --ignored --nocapture

# Ratios, side by side with a peer in the same run.
bench:
	@tests/prerequisites.sh
	@tests/controlplane/build.sh >/dev/null
	cargo bench --bench fleet

# What lands a change.
check:
	.ci/run

# Writes the files that are generated from the code.
generate:
	cargo run --quiet -- generate .
