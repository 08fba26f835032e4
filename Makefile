# README.md explains these. The system's Node and npm only fetch the packages; everything runs on the pinned Node among them.
SHELL = /bin/bash
PREFIX ?= /var/qmail
NODE = node_modules/.bin-node
SOURCES = $(wildcard bin/*.ts) $(shell find src tools -name '*.ts') $(wildcard man/*.md)
# files beside each other: two more than there are processors, as much of a test is waiting
TEST_JOBS = $(shell expr $$(nproc) + 2)
TESTS = $(shell find test -name '*.test.ts')

.PHONY: it run test property crash steady fuzz hostile golden bench bench-tls bench-drain backlog install install-mini sendmail uninstall instcheck lint format check check-imports docs bundle-report clean
it: build/stamp

# A root-owned npm run by root is fine: nothing of the packages is executed at install.
node_modules/.stamp: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	ln -sfn "$$(cd node_modules && ls -d node-linux-* | head -n 1)/bin/node" $(NODE)
	touch $@

build/stamp: node_modules/.stamp $(SOURCES)
	$(NODE) tools/build.ts
	touch $@

run: build/stamp
	$(NODE) tools/run.ts

test: build/stamp check lint check-imports
	$(NODE) --import ./test/helpers/compile-cache.mjs --test --test-concurrency=$(TEST_JOBS) --test-timeout=1800000 $(TESTS)

# ROUNDS=n times over, LOAD=1 beside stress-ng, SLOW=1 on a slow disk, JOBS=n files at once, FILES='...' only these; names what fails now and then, or leaves something behind
steady: build/stamp
	ROUNDS=$(ROUNDS) $(NODE) tools/steady.ts $(FILES)

# against the PREFIX named on the command line (a throw-away one with nothing running), else against some of its own, and then under Node alone
golden: build/stamp
	$(NODE) tools/golden.ts $(if $(filter command line,$(origin PREFIX)),$(PREFIX))
	$(if $(filter command line,$(origin PREFIX)),,$(NODE) tools/golden.ts --under-node)

# one user against another at full size (root; many minutes): prints the victim's wait with and without each attack; and all that testssl looks for, at both doors
hostile: build/stamp
	HOSTILE=full $(NODE) --test --test-reporter=spec test/hostile/*.test.ts test/interop/testssl.test.ts

# the same inputs as in make test, and many more: FUZZ_SEED=n FUZZ_ROUNDS=n
fuzz: build/stamp
	FUZZ_ROUNDS=$${FUZZ_ROUNDS:-20000} $(NODE) --expose-gc --test --test-concurrency=2 test/fuzz/*.test.ts

# qmail-send against a model in random steps, ROUNDS times as many as in make test; SEED=n: those of a run that failed
property: ROUNDS ?= 10
property: build/stamp
	ROUNDS=$(ROUNDS) $(NODE) --test --test-reporter=spec test/property/*.test.ts

# all at once or any one process is killed under load, ROUNDS times over, in JOBS installations at a time; programs are killed and calls fail at ROUNDS system calls each, and power is lost at every step of a run of MESSAGES messages
crash: ROUNDS ?= 100
crash: MESSAGES ?= 500
crash: JOBS ?= 2
crash: build/stamp
	ROUNDS=$(ROUNDS) JOBS=$(JOBS) $(NODE) --test --test-reporter=spec test/crash/random-kills.test.ts
	ROUNDS=$(ROUNDS) $(NODE) --test test/crash/system-calls.test.ts
	MESSAGES=$(MESSAGES) $(NODE) --test test/crash/power-loss.test.ts

# SMTP into Maildirs and on to SMTP, beside Postfix, Exim and OpenSMTPD: PEERS, LOAD, ROUNDS, SHARE (bench/run.ts). Needs root; never in tests.
bench: build/stamp
	$(NODE) bench/run.ts

# TLS: mail by STARTTLS beside Postfix, 1,000 idle sessions, logging in beside others. As bench; never in tests.
bench-tls: build/stamp
	$(NODE) bench/tls.ts

# A backlog drained beside Postfix: mail that was held, let go. As bench; never in tests.
bench-drain: build/stamp
	$(NODE) bench/drain.ts

# a queue of 100, 10,000 and 100,000 messages at qmail-send's start: SIZES, COUNT
backlog: build/stamp
	$(NODE) bench/backlog.ts

install: build/stamp
	$(NODE) tools/install.ts '$(PREFIX)'

# /usr/sbin/sendmail, /usr/lib/sendmail, mailq and newaliases become ours; another MTA's are diverted (dpkg-divert), and make uninstall puts them back
sendmail: node_modules/.stamp
	$(NODE) tools/sendmail-links.ts lay '$(PREFIX)'

instcheck: node_modules/.stamp
	$(NODE) tools/instcheck.ts '$(PREFIX)'

# without queue, users and daemons: mail goes to the hosts of PREFIX/control/qmqpservers
install-mini: build/stamp
	$(NODE) tools/install-mini.ts '$(PREFIX)'

uninstall: node_modules/.stamp
	$(NODE) tools/uninstall.ts '$(PREFIX)'

check: node_modules/.stamp
	node_modules/.bin/tsc -p .

check-imports: build/stamp
	$(NODE) tools/check-imports.ts

lint: node_modules/.stamp
	node_modules/.bin/biome check .

format: node_modules/.stamp
	node_modules/.bin/biome check --write .

docs: node_modules/.stamp
	$(NODE) tools/docs.ts

bundle-report: build/stamp
	@wc -c build/bin/*.js | sort -n

clean:
	rm -rf build
