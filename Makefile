# Everything here may be repeated, and leaves a containerd or Docker of the same machine alone.
node := node_modules/.bin/node
results := .cache/test-results
vitest = $(node) node_modules/vitest/vitest.mjs run --project $(1) \
	--reporter=default --reporter=json --outputFile.json=$(results)/$(or $(2),$(1)).json
with_handler = CRISP_TEST_HANDLER=$(1) $(call vitest,integration,$(1)) --reporter=./test/support/shortcomings-reporter.ts

# The tests of containers run with every handler of test/support/test-handlers.ts.
runtime_tests := $(patsubst %,test/integration/runtime/%.test.ts,containers exec-sync inside pause)
daemon_tests := $(patsubst %,test/integration/daemon/%.test.ts,bad-input cdi checkpoint checkpoint-refused clamping events \
	exec exits faults handler-policy host-ports image-volumes joining lifecycle logs mounts namespaces network races request-fields \
	restart spec stats update-resources user-namespaces why)
# Those in which handlers differ most, for every run of the tests.
differing_tests := $(patsubst %,test/integration/daemon/%.test.ts,clamping lifecycle namespaces update-resources)

# Programs that npm brought come before those of the machine, as in an npm script.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

handlers := runc crun shim runsc

.PHONY: help setup demo demo-down test test-handlers test-cgroup2 test-systemd bench

help:
	@echo "make demo        runs a pod and shows each step; KEEP=1 leaves it running"
	@echo "make demo-down   ends what KEEP=1 left running"
	@echo "make test        all checks and all tests, those with real containers included"
	@echo "make test-handlers  all tests of containers with each of $(handlers); test-handler-NAME is one of them"
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
	$(call with_handler,crun) $(runtime_tests) test/integration/sessions $(differing_tests)
	$(call with_handler,shim) $(runtime_tests) $(differing_tests)
	$(call with_handler,runsc) $(filter %/containers.test.ts %/inside.test.ts,$(runtime_tests)) $(differing_tests)

# All of them with every handler: half an hour on a machine that does nothing else.
test-handlers: $(handlers:%=test-handler-%)

test-handler-%: setup
	$(call with_handler,$*) $(runtime_tests) test/integration/sessions $(daemon_tests)

test-cgroup2:
	@scripts/setup.sh cgroup2
	@scripts/cgroup2/run.sh

test-systemd:
	@scripts/setup.sh cgroup2
	@CRISP_VM_INIT=systemd scripts/cgroup2/run.sh

bench:
	@scripts/setup.sh
	@npm run --silent bench -- pods
