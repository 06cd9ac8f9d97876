# What people type. Each command is an npm script of the same name, so that it runs on the Node of node_modules
# whatever the machine has; this file adds what has to be there before.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# The steps of `test` share the machine's ports and processors: one after the other, even with -j.
.NOTPARALLEL:

run := npm run --silent

.PHONY: help
help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## all parts on this machine, live traffic, a rolling upgrade, a verdict; ONCE=1 ends after it
	@$(run) demo -- $(if $(ONCE),--once)

.PHONY: rehearse
rehearse: setup ## rolling upgrades under load and a report; ARGS="--times 20 --rollbacks 5"
	@$(run) baton -- rehearse $(ARGS)

.PHONY: up
up: setup ## Envoy, etcd, two Batons and three simulated pods in the background
	@$(run) up

.PHONY: down
down: node_modules/.package-lock.json ## end what `make up` started
	@$(run) down

.PHONY: test
test: forget setup check integration e2e ## set-up and every test

.PHONY: check
check: node_modules/.package-lock.json ## the quick part: format, lint, types, generated code, unit and property tests
	@$(run) check

.PHONY: unit
unit: node_modules/.package-lock.json ## unit and property tests
	@$(run) unit

.PHONY: integration
integration: setup ## tests with a real etcd
	@$(run) integration

.PHONY: e2e
e2e: setup ## tests with a real Envoy and a real etcd; TRANSPORT=grpc-js for the reference server
	@$(run) e2e

.PHONY: bench-micro
bench-micro: node_modules/.package-lock.json ## what messages, header blocks, a decision and a peer's update cost; prints, judges nothing
	@$(run) bench-micro

.PHONY: bench-sync
bench-sync: setup ## what sharing costs at 50 instances and 10,000 endpoints; ARGS="--instances 8"
	@$(run) bench-sync -- $(ARGS)

.PHONY: bench
bench: setup ## Baton beside a Go no-op, a grpc-js no-op and Envoy alone, in one run; ARGS="--save docs/bench"; needs Go
	@$(run) bench -- $(ARGS)

.PHONY: bench-direct
bench-direct: setup ## schedulers without an Envoy in front: streams a second, with one worker and with two; needs Go
	@$(run) bench-direct -- $(ARGS)

.PHONY: bench-envoy
bench-envoy: setup ## what Envoy itself costs with variants of its configuration; needs Go
	@$(run) bench-envoy -- $(ARGS)

.PHONY: million
million: setup ## a million requests whose streams Envoy resets, failures and lost connections counted; needs Go
	@$(run) million -- $(ARGS)

.PHONY: bench-balance
bench-balance: setup ## how evenly 1 to 8 real instances spread the same load, 15 minutes; needs Go; ARGS="--rounds 1"
	@$(run) bench-balance -- $(ARGS)

.PHONY: soak
soak: setup ## load and random faults for 30 minutes, then every count must be zero; MINUTES=2 RATE=500 SEED=7
	@$(run) soak

.PHONY: h2spec
h2spec: setup ## the conformance test of HTTP/2 against the builtin server; needs Go
	@scripts/install-go-tools.sh h2spec
	@$(run) jest -- --selectProjects integration -- h2spec

.PHONY: clients
clients: setup ## clients of others against the gRPC port: grpcurl, grpc-health-probe, h2load if it is here; needs Go
	@scripts/install-go-tools.sh grpcurl grpc-health-probe
	@$(run) jest -- --selectProjects integration -- clients

.PHONY: fuzz
fuzz: node_modules/.package-lock.json ## fuzz the builtin server for 10 minutes, then a million requests
	@$(run) fuzz

.PHONY: format
format: node_modules/.package-lock.json ## bring the code into its format
	@$(run) format

.PHONY: generate
generate: node_modules/.package-lock.json ## types from proto/, README's table and the JSON schema from the configuration
	@$(run) generate

.PHONY: setup
setup: node_modules/.package-lock.json tools ## npm packages and tools, where missing or old

.PHONY: tools
tools: ## Envoy and etcd into .tools; ENVOY_BIN and ETCD_BIN name your own
	@scripts/install-tools.sh

.PHONY: clean
clean: ## remove everything that the other targets made
	@if [ -d .run/topology ]; then $(MAKE) down; fi
	rm -rf node_modules .tools .run coverage

# Results of earlier test runs, so that .ci/run counts only this one's.
.PHONY: forget
forget:
	@rm -rf .run/tests

# npm writes this file last. Installed again when the lock file is newer.
node_modules/.package-lock.json: package-lock.json
	@scripts/install-packages.sh
	@touch $@
