import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bounceBreak, bounceFor, bounceHead, paragraph } from '../../../../src/send/bounce/text.ts'

const settings = { bouncefrom: 'Mail Er.', bouncehost: 'bh.example', doubleTo: 'postmaster@dbl.example' }

test('a failure becomes one paragraph, whatever its text', () => {
  assert.equal(paragraph('r', 'nope\n\n\nx\n'), '<r>:\nnope\n//x\n\n')
  assert.equal(paragraph('r', '\nlead'), '<r>:\n/lead\n\n')
  assert.equal(paragraph('r', 'x\n\n\n'), '<r>:\nx\n/\n\n')
  assert.equal(paragraph('r', ''), '<r>:\n\n')
  assert.equal(paragraph('r', 'x\n\n'), '<r>:\nx\n\n\n')
  assert.equal(paragraph('a\nb@c', '\xe9\r\n\t\n'), '<a_b@c>:\n\xe9\r\n\t\n\n')
})

test('bounces go to the sender, bounces of bounces to the postmaster, theirs nowhere', () => {
  assert.deepEqual(bounceFor('s@s', settings), { kind: 'single', sender: '', recipient: 's@s', returnPath: 's@s' })
  assert.deepEqual(bounceFor('', settings), { kind: 'double', sender: '#@[]', recipient: 'postmaster@dbl.example', returnPath: '' })
  assert.deepEqual(bounceFor('-@[]', settings), { kind: 'double', sender: '#@[]', recipient: 'postmaster@dbl.example', returnPath: '' })
  assert.deepEqual(bounceFor('#@[]', settings), { kind: 'triple' })
  assert.deepEqual(bounceFor('', { ...settings, doubleTo: '@example.org' }), { kind: 'unwanted' })
})

test('header and break are the bytes readers of QSBMF look for, addresses quoted where they must be', () => {
  const single = bounceFor('send er@b%%c.org', settings)
  assert.ok(single.kind === 'single')
  const head = bounceHead(single, settings, Date.UTC(2026, 10, 20, 21, 6, 20))
  assert.match(
    head,
    /^Date: 20 Nov 2026 21:06:20 -0000\nFrom: "Mail Er\."@bh\.example\nTo: "send er"@b%%c\.org\nSubject: failure notice\n\nHi\. This is the qmail-send program at bh\.example\.\n(.+\n)+\n$/
  )
  assert.equal(bounceBreak(single), '--- Below this line is a copy of the message.\n\nReturn-Path: <"send er"@b%%c.org>\n')
  const double = bounceFor('', settings)
  assert.ok(double.kind === 'double')
  assert.match(bounceHead(double, settings, 0), /\nTo: postmaster@dbl\.example\n/)
  assert.equal(bounceBreak(double), '--- Below this line is the original bounce.\n\nReturn-Path: <>\n')
})
