# README.md explains these. NODE is the pinned runtime of the project; the system's node is only needed to run npm.
SHELL = /bin/bash
PREFIX ?= /var/qmail
NODE = node_modules/.bin-node

.PHONY: it run test golden bench install uninstall instcheck lint check check-imports docs clean
it: build/stamp

node_modules/.stamp: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	ln -sfn "$$(ls -d node-linux-* 2>/dev/null || ls -d node_modules/node-linux-* | head -n 1 | sed 's#node_modules/##')/bin/node" $(NODE)
	touch $@

build/stamp: node_modules/.stamp tools/build.ts $(wildcard bin/*.ts) $(shell find src -name '*.ts')
	$(NODE) tools/build.ts
	touch $@

check: node_modules/.stamp
	node_modules/.bin/tsc -p .

check-imports: build/stamp
	$(NODE) tools/check-imports.ts

lint: node_modules/.stamp
	node_modules/.bin/biome check .

test: build/stamp check lint check-imports
	$(NODE) --test --test-concurrency=2 'test/**/*.test.ts'

install: build/stamp
	$(NODE) tools/install.ts $(PREFIX)

clean:
	rm -rf build
