/** An address of many dashes started one getent process after another, and read users/cdb from the disk hundreds of times; each mail to one did. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { findAssignment } from '../../src/format/assign.ts'
import { UsersCdb } from '../../src/spawn/users-cdb.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { makeUsers } from '../helpers/users.ts'

const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0

test('all names an address may begin with are asked for in one call of getent', { skip: canMount ? false : 'needs root and mount namespaces' }, () => {
  const home = makeHome()
  writeFileSync(home.at('nsswitch'), 'passwd: files systemd\n')
  writeFileSync(home.at('getent'), `#!/bin/sh\necho "$@" >> ${home.at('calls')}\nexit 2\n`, { mode: 0o755 })
  const local = `a${'-b'.repeat(15)}`
  const line = 'mount --bind "$1/getent" /usr/bin/getent && mount --bind "$1/nsswitch" /etc/nsswitch.conf && shift && exec "$@"'
  writeFileSync(home.at('calls'), '', { mode: 0o666 })
  const r = spawnSync('unshare', ['-m', '/bin/sh', '-c', line, 'sh', home.path, home.at('bin/qmail-getpw'), local])
  assert.equal(r.status, 0, r.stderr.toString())
  assert.match(r.stdout.toString('latin1'), /^alias\0/)
  const calls = readFileSync(home.at('calls'), 'latin1').split('\n').slice(0, -1)
  assert.equal(calls.length, 1, calls.join('\n'))
  assert.equal(calls[0]?.split(' ').length, 2 + 16)
})

test('users/cdb is opened once for as long as it is the same file, and a look-up of 870 dashes reads it from memory', async () => {
  const home = makeHome()
  makeUsers(home, ['joe'])
  const users = new UsersCdb(home.at('users/cdb'))
  const cdb = users.now()
  assert.ok(cdb)
  assert.equal(users.now(), cdb)
  const before = Number(/^syscr: (\d+)/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1])
  assert.equal(findAssignment(cdb, '-'.repeat(870)), 'absent')
  const reads = Number(/^syscr: (\d+)/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]) - before
  assert.ok(reads < 10, `${reads} reads`)
  makeUsers(home, ['joe', 'ann'])
  await new Promise((resolve) => setImmediate(resolve)) // it looks once a turn of the event loop
  const renewed = users.now()
  assert.notEqual(renewed, cdb)
  assert.ok(renewed && findAssignment(renewed, 'ann') !== 'absent')
})
