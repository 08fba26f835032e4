import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { receivedLine, whoIs } from '../../../src/queue/received.ts'

const home = mkdtempSync(join(tmpdir(), 'queue-who-'))
after(() => rmSync(home, { recursive: true }))
mkdirSync(join(home, 'lib'))
const ids = (alias: number, qmaild: number, qmails: number): void =>
  writeFileSync(join(home, 'lib', 'ids'), `user alias ${alias} 9 /\nuser qmaild ${qmaild} 9 /\nuser qmails ${qmails} 9 /\n`)

test('the Received line names the users of the suite by what they do', () => {
  ids(801, 802, 803)
  assert.deepEqual(
    [801, 802, 803, 0, 3001].map((uid) => whoIs(home, uid)),
    ['by alias', 'from network', 'for bounce', 'by uid 0', 'by uid 3001']
  )
})

test('where all users are the same one, the Received line gives the uid', () => {
  ids(1000, 1000, 1000)
  assert.equal(whoIs(home, 1000), 'by uid 1000')
})

test('the Received line, to the byte', () => {
  assert.equal(
    receivedLine(11630, 'by uid 3001', Date.UTC(2026, 10, 20, 21, 4, 47)),
    'Received: (qmail 11630 invoked by uid 3001); 20 Nov 2026 21:04:47 -0000\n'
  )
})
