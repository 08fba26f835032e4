import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../../src/local/job.ts'
import { headerLines } from '../../../src/local/lines.ts'

const job: Job = { user: 'joe', homedir: '/h', local: 'joe', dash: '', ext: '', domain: 'ex.org', sender: '', defaultdelivery: './Mailbox' }
const AT = Date.UTC(2026, 0, 3, 21, 6, 6)

const senders: [string, string, string][] = [
  ['', '<>', 'MAILER-DAEMON'],
  ['a b@c d', '<"a b"@c d>', 'a-b@c-d'],
  ['a"b\\c@y', '<"a\\"b\\\\c"@y>', 'a"b\\c@y'],
  ['nohost', '<nohost>', 'nohost'],
  ['.dot..@y@z', '<".dot..@y"@z>', '.dot..@y@z'],
  ['@h', '<""@h>', '@h'],
  ['#@[]', '<#@[]>', '#@[]'],
  ['a\nb@h', '<"a\\_b"@h>', 'a-b@h']
]

for (const [sender, path, word] of senders) {
  test(`the sender ${JSON.stringify(sender)} in Return-Path and From_`, () => {
    const lines = headerLines({ ...job, sender }, AT)
    assert.equal(lines.returnPath, `Return-Path: ${path}\n`)
    assert.equal(lines.from, `From ${word} Sat Jan 03 21:06:06 2026\n`)
  })
}

test('Delivered-To keeps case and takes no quotes; an LF cannot start a line', () => {
  assert.equal(headerLines({ ...job, local: 'Joe\nX: y', domain: 'A B' }, AT).deliveredTo, 'Delivered-To: Joe_X: y@A B\n')
})
