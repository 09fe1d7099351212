# Everything here may be repeated, and leaves a containerd or Docker of the same machine alone.
node := node_modules/.bin/node
results := .cache/test-results
vitest = $(node) node_modules/vitest/vitest.mjs run --project $(1) \
	--reporter=default --reporter=json --outputFile.json=$(results)/$(or $(2),$(1)).json
with_crun = CRISP_TEST_HANDLER=crun $(call vitest,integration,crun)

# Programs that npm brought come before those of the machine, as in an npm script.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help setup demo demo-down test test-crun test-cgroup2 test-systemd bench

help:
	@echo "make demo        runs a pod and shows each step; KEEP=1 leaves it running"
	@echo "make demo-down   ends what KEEP=1 left running"
	@echo "make test        all checks and all tests, those with real containers included"
	@echo "make test-crun   all tests of containers with crun instead of runc"
	@echo "make test-cgroup2  tests of containers on cgroup v2, in an emulated machine; takes minutes"
	@echo "make test-systemd  the same where systemd makes the cgroups, and tests of crisp's units; takes minutes"
	@echo "make bench       measures crisp beside the machine's containerd"
	@echo "make setup       only installs what is missing"

setup:
	@scripts/setup.sh

demo: setup
	@$(node) scripts/demo.ts

demo-down:
	@$(node) scripts/demo-down.ts

test: setup
	@rm -rf $(results)
	npm run check:static
	$(call vitest,unit)
	npm run build # what ships is what is tested, and it starts in a third of the time
	$(call vitest,integration)
	$(with_crun) test/integration/runtime test/integration/sessions

# The tests of pods too, with crun in place of runc.
test-crun: setup
	$(with_crun) test/integration/runtime test/integration/sessions test/integration/daemon

test-cgroup2:
	@scripts/setup.sh cgroup2
	@scripts/cgroup2/run.sh

test-systemd:
	@scripts/setup.sh cgroup2
	@CRISP_VM_INIT=systemd scripts/cgroup2/run.sh

bench:
	@scripts/setup.sh
	@npm run --silent bench -- pods
