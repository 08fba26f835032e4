import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { policyFor, readTlsSettings } from '../../../src/remote/tls-policy.ts'

const home = mkdtempSync(join(tmpdir(), 'policy-'))
after(() => rmSync(home, { recursive: true, force: true }))
mkdirSync(join(home, 'control'))
const anchors = join(home, 'control', 'anchors.pem')
writeFileSync(anchors, 'ANCHORS')

const levels = (lines: string, ...hosts: string[]): string[] => {
  writeFileSync(join(home, 'control', 'tlsdestinations'), lines)
  const settings = readTlsSettings(home)
  assert.ok(settings)
  return hosts.map((host) => policyFor(settings, host, host)).map(({ level, check }) => (check ? `${level} ${check.fingerprint ?? check.name}` : level))
}

test('without a file nothing is said of TLS; control/esmtp alone makes it opportunistic', () => {
  rmSync(join(home, 'control', 'tlsdestinations'), { force: true })
  assert.equal(readTlsSettings(home), undefined)
  writeFileSync(join(home, 'control', 'esmtp'), '')
  const settings = readTlsSettings(home)
  rmSync(join(home, 'control', 'esmtp'))
  assert.equal(settings && policyFor(settings, 'a.example', 'a.example').level, 'opportunistic')
})

test('each flag has its demand; hosts are found whole, then by what ends them, where the flag allows it', () => {
  const lines = `!never.example:\n%print.example:AB:CD\n=name.example:${anchors}\n~.wild.example:${anchors}\nca.example:${anchors}\n-.enc.example:\n*:\n`
  assert.deepEqual(levels(lines, 'never.example', 'print.example', 'NAME.example', 'a.wild.example', 'ca.example', 'x.y.enc.example', 'other.example'), [
    'none',
    'local abcd',
    'local exact',
    'local matching',
    'local any',
    'encrypt',
    'opportunistic'
  ])
  assert.deepEqual(levels(`=.name.example:${anchors}\n%.print.example:ab\n-*:\n`, 'a.name.example', 'a.print.example'), ['encrypt', 'encrypt'])
})

test('a line for all hosts counts where no other does; without one TLS stays opportunistic', () => {
  assert.deepEqual(levels('!a.example:\n', 'a.example', 'b.example'), ['none', 'opportunistic'])
  assert.deepEqual(levels(`+*:${anchors}\n`, 'b.example'), ['local any'])
  assert.deepEqual(levels(`~*:${anchors}\n!b.example:\n`, 'a.example', 'b.example'), ['local matching', 'none'])
  assert.deepEqual(levels('!*:\n', 'b.example'), ['none'])
})

test('an exchanger whose name makes no file name has no file', () => {
  writeFileSync(join(home, 'control', 'tlsdestinations'), '-*:\n')
  const settings = readTlsSettings(home)
  assert.ok(settings)
  for (const odd of ['../anchors', 'a/b', '..', 'x\0y', 'A'.repeat(300)]) assert.equal(policyFor(settings, 'x.example', odd).level, 'encrypt', odd)
})

test('anchors that cannot be read are temporary trouble, never less protection', () => {
  assert.throws(() => levels('x.example:/nowhere/anchors.pem\n', 'x.example'), /unable to read \/nowhere\/anchors\.pem/)
})
