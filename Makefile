# Each target runs the npm script of the same name, which uses the Node of node_modules whatever the
# machine has. This file adds what the script needs: packages, Envoy, etcd.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# The steps of `test` share ports and processors, so they never run in parallel.
.NOTPARALLEL:

run := npm run --silent

.PHONY: help
help: ## print this list
	@awk -F ':[^#]*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## start all parts, send traffic, upgrade every instance, add and remove a pod, print a verdict; ONCE=1 exits after it
	@$(run) demo -- $(if $(ONCE),--once)

.PHONY: rehearse
rehearse: setup ## upgrade instances under load and write a report; ARGS="--times 20 --rollbacks 5"
	@$(run) baton -- rehearse $(ARGS)

.PHONY: up
up: setup ## start Envoy, etcd, two Batons and three simulated pods in the background
	@$(run) up

.PHONY: down
down: node_modules/.package-lock.json ## stop what `make up` started
	@$(run) down

.PHONY: test
test: forget setup check processes ## run every test, after the set-up

.PHONY: check
check: node_modules/.package-lock.json ## run the quick checks: format, lint, language, types, generated files, unit and property tests
	@$(run) check

.PHONY: unit
unit: node_modules/.package-lock.json ## run unit and property tests
	@$(run) unit

.PHONY: integration
integration: setup chart-tools ## run the tests with a real etcd, of the server under load, of package, chart and alerts
	@$(run) integration

.PHONY: e2e
e2e: setup ## run the tests with a real Envoy and a real etcd; TRANSPORT=grpc-js for the reference server
	@$(run) e2e

.PHONY: test-browser
test-browser: setup ## run the tests of the dashboard in Chromium; as root it is installed from Debian's packages
	@scripts/install-chromium.sh
	@$(run) browser

# In one run, so that no kind waits for the last file of another. A machine may have no browser.
.PHONY: processes
processes: setup chart-tools ## run the tests of the last three kinds at once, those in Chromium where there is one
	@browser=; if node_modules/.bin/node scripts/find-chromium.ts; then browser=browser; fi; \
		$(run) processes -- --selectProjects integration e2e $$browser

.PHONY: bench-micro
bench-micro: node_modules/.package-lock.json ## measure messages, header blocks, bodies, prompts, a decision and a peer's update
	@$(run) bench-micro

.PHONY: bench-sync
bench-sync: setup ## measure what sharing costs at 50 instances and 10,000 endpoints; ARGS="--instances 8"
	@$(run) bench-sync -- $(ARGS)

.PHONY: bench
bench: setup ## compare Baton with a Go no-op, a grpc-js no-op and Envoy alone; ARGS="--save docs/bench"; needs Go
	@$(run) bench -- $(ARGS)

.PHONY: bench-direct
bench-direct: setup ## measure schedulers without Envoy: streams per second with one and two workers; needs Go
	@$(run) bench-direct -- $(ARGS)

.PHONY: bench-envoy
bench-envoy: setup ## measure what variants of the Envoy configuration cost; needs Go
	@$(run) bench-envoy -- $(ARGS)

.PHONY: million
million: setup ## send a million requests whose streams Envoy resets, and count failures; needs Go
	@$(run) million -- $(ARGS)

.PHONY: bench-body
bench-body: setup ## send prompts of 32 and 220 KB, get events: Baton, with full duplex, a Go picker, Envoy alone; needs Go
	@$(run) bench-body -- $(ARGS)

.PHONY: bench-prefix
bench-prefix: node_modules/.package-lock.json ## simulate how soon first tokens come, an hour; ARGS="--trace FILE --only load --seeds 1,2,3"
	@$(run) bench-prefix -- $(ARGS)

.PHONY: bench-balance
bench-balance: setup ## measure how evenly 1 to 8 instances spread load, 15 minutes; needs Go; ARGS="--rounds 1"
	@$(run) bench-balance -- $(ARGS)

.PHONY: soak
soak: setup ## run load and random faults for 30 minutes, then expect every count to be zero; MINUTES=2 RATE=500 SEED=7
	@$(run) soak

.PHONY: churn
churn: setup ## pods come and go under load, an upgrade, kill -9 of all Batons, 5 minutes, 0 failed; MINUTES=0.5 PODS=50 RATE=500
	@$(run) churn

.PHONY: attack
attack: setup ## attack an instance beside a well-behaved client, and print a table; ARGS="--only floods"
	@$(run) attack -- $(ARGS)

.PHONY: alerts-staged
alerts-staged: setup chart-tools ## stage a fault for every alert before a real Prometheus, then a rehearsal, 5 minutes; ARGS=--save
	@$(run) alerts-staged -- $(ARGS)

.PHONY: h2spec
h2spec: setup ## run h2spec, the conformance test of HTTP/2, against the builtin server; needs Go
	@scripts/install-go-tools.sh h2spec
	@$(run) jest -- --selectProjects integration -- h2spec

.PHONY: clients
clients: setup ## call the gRPC port with grpcurl, grpc-health-probe and, if present, h2load; needs Go
	@scripts/install-go-tools.sh grpcurl grpc-health-probe
	@$(run) jest -- --selectProjects integration -- clients

.PHONY: kube-apiserver
kube-apiserver: setup ## follow the pods of a real API server of Kubernetes, built from its Go modules; needs Go
	@scripts/install-kube-apiserver.sh
	@$(run) jest -- --selectProjects integration -- kubeApiserver

.PHONY: fuzz
fuzz: node_modules/.package-lock.json ## fuzz server, records, files and admin port for 10 minutes each; a million requests
	@$(run) fuzz

.PHONY: format
format: node_modules/.package-lock.json ## format the code
	@$(run) format

.PHONY: generate
generate: node_modules/.package-lock.json ## types from proto/, README's table and the JSON schema from the configuration
	@$(run) generate

.PHONY: docs
docs: node_modules/.package-lock.json ## build the documents as a site with search into site/, and check its links
	@scripts/build-docs.sh

.PHONY: setup
setup: node_modules/.package-lock.json tools ## install npm packages, Envoy and etcd where missing or old

.PHONY: tools
tools: ## install Envoy and etcd into .tools; ENVOY_BIN and ETCD_BIN name your own
	@scripts/install-tools.sh

.PHONY: chart-tools
chart-tools: ## install Helm, promtool and Prometheus into .tools, for the tests of the chart and the alerts
	@scripts/install-chart-tools.sh

.PHONY: clean
clean: ## remove everything that the other targets create
	@if [ -d .run/topology ]; then $(MAKE) down; fi
	rm -rf node_modules .tools .run coverage dist site

# Removes the results of earlier test runs, so that .ci/run counts this run only.
.PHONY: forget
forget:
	@rm -rf .run/tests

# npm writes this file last. It installs again when the lock file is newer.
node_modules/.package-lock.json: package-lock.json
	@scripts/install-packages.sh
	@touch $@
