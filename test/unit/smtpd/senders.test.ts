import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mailfromRecords } from '../../../src/admin/mailfrom-rules.ts'
import { fromAddresses } from '../../../src/smtpd/auth/from-field.ts'
import { maySendFrom, type SenderQuestion } from '../../../src/smtpd/auth/senders.ts'

const tables = {
  locals: new Set(['here.example']),
  virtualdomains: new Map([
    ['virt.example', 'joe'],
    ['.sub.example', 'joe-sub'],
    ['joe@one.example', 'ann'],
    ['one.example', 'joe'],
    ['', 'catch']
  ])
}
const question = (over: Partial<SenderQuestion> = {}): SenderQuestion => ({
  env: {},
  isSubmission: true,
  rcpthosts: new Set(['here.example']),
  isInMore: () => false,
  tables: () => tables,
  rule: undefined,
  ...over
})
const may =
  (name: string, over: Partial<SenderQuestion> = {}, senders: string[] = []) =>
  (sender: string) =>
    maySendFrom({ name, method: 'plain', senders }, sender, question(over))

test('in submission a name without a domain has its box and extensions at our domains, and what virtualdomains gives it', () => {
  const joe = may('Joe')
  for (const own of ['', 'joe@here.example', 'JOE-list@Here.Example', 'x@virt.example', 'any@a.sub.example', 'ann@one.example'])
    assert.equal(joe(own), true, own)
  for (const other of ['joey@here.example', 'ann@here.example', 'joe@far.example', 'joe@one.example', 'joe', 'x@sub.example'])
    assert.equal(joe(other), false, other)
  assert.equal(may('catch')('any@thing.example'), true)
})

test('a name with a domain has that address and its extensions', () => {
  const joe = may('joe@virt.example')
  for (const own of ['joe@virt.example', 'joe-x@VIRT.example']) assert.equal(joe(own), true, own)
  for (const other of ['ann@virt.example', 'joe@here.example', 'joex@virt.example']) assert.equal(joe(other), false, other)
})

test("the checker's addresses decide before all else", () => {
  const joe = may('joe', { env: { FORCEAUTHMAILFROM: '1' } }, ['Boss@here.example', '@list.example', '.wide.example'])
  for (const own of ['boss@here.example', 'x@list.example', 'x@y.wide.example']) assert.equal(joe(own), true, own)
  for (const other of ['joe@here.example', 'x@y.list.example', 'x@wide.example', 'x@notlist.example']) assert.equal(joe(other), false, other)
  assert.equal(may('joe', {}, ['*'])('anybody@far.example'), true)
})

test('then $LOCALMFCHECK, then $FORCEAUTHMAILFROM; without submission anything goes', () => {
  const outside = { isSubmission: false }
  assert.equal(may('joe', outside)('x@far.example'), true)
  const check = (word: string, env = {}) => may('joe@a.example', { ...outside, env: { LOCALMFCHECK: word, FORCEAUTHMAILFROM: '1', ...env } })
  assert.deepEqual([check('=')('joe@A.example'), check('=')('ann@a.example')], [true, false])
  assert.deepEqual([check('')('ann@here.example'), check('')('ann@far.example'), check('')('ann')], [true, false, false])
  assert.deepEqual(
    [check('far.example')('ann@far.example'), check('far.example')('ann@here.example'), check('far.example')('a@x.example')],
    [true, true, false]
  )
  assert.deepEqual([check('?', { SSL_CLIENT_S_DN_Email: 'C@d' })('c@d'), check('?')('c@d')], [true, false])
  const forced = may('joe', { ...outside, env: { FORCEAUTHMAILFROM: '1' } })
  assert.deepEqual([forced('joe'), forced('joe@here.example'), forced('')], [true, false, true])
})

test('the addresses of From are read over folds, groups, comments and several fields', () => {
  assert.deepEqual(fromAddresses('Subject: x\nFrom: "J, D" <joe@a.example>,\n (c) ann@b.example\nfrom : x@y\n')?.toSorted(), [
    'ann@b.example',
    'joe@a.example',
    'x@y'
  ])
  assert.deepEqual(fromAddresses('From: us: joe@a, ann@b;\n')?.toSorted(), ['ann@b', 'joe@a'])
  assert.deepEqual(fromAddresses('From: a@b\r, c@d\n')?.includes('c@d'), true)
  assert.deepEqual(fromAddresses('Subject: From: a@b\n'), [])
  assert.equal(fromAddresses('From: joe@a (never closed\n'), undefined)
})

test('control/mailfromrules decides before all else: the first key there is, values, and what is shut out', () => {
  const rules = new Map(
    mailfromRecords('# no\nJoe&joe@a.example&@List.example&-bad@list.example\njoe@10.0.0.7&\n10.&-@secret.example\nann:ann@b.example:@c.example\n')
  )
  const by = (name: string, ip: string) => may(name, { env: { TCPREMOTEIP: ip, FORCEAUTHMAILFROM: '1' }, rule: (key) => rules.get(key) }, ['@checker.example'])
  const joe = by('joe', '10.0.0.8')
  for (const own of ['JOE@a.example', 'x@list.example', '']) assert.equal(joe(own), true, own)
  for (const other of ['xjoe@a.example', 'bad@list.example', 'x@checker.example', 'x@notlist.example.org']) assert.equal(joe(other), false, other)
  assert.equal(by('joe', '10.0.0.7')('anybody@far.example'), true)
  assert.deepEqual(['x@far.example', 'x@secret.example'].map(by('eve', '10.9.9.9')), [true, false])
  assert.deepEqual(['ann@b.example', 'x@c.example', 'x@d.example'].map(by('ann', '192.0.2.1')), [true, true, false])
  assert.deepEqual(['x@checker.example', 'x@d.example'].map(by('eve', '192.0.2.1')), [true, false])
})

test('a domain that is not ASCII is known by its A-labels, to what lets a sender and to what shuts it out', () => {
  const sender = Buffer.from('joe@Bücher.example').toString('latin1')
  const other = Buffer.from('joe@älter.example').toString('latin1')
  const own = { tables: () => ({ ...tables, locals: new Set(['xn--bcher-kva.example']), virtualdomains: new Map() }) }
  assert.deepEqual([may('joe', own)(sender), may('joe', own)(other), may('ann', own)(sender)], [true, false, false])
  assert.deepEqual([sender, other].map(may('joe', {}, ['@xn--bcher-kva.example'])), [true, false])
  const shut = { rule: (key: string) => (key === 'joe' ? '-@xn--bcher-kva.example' : undefined) }
  assert.deepEqual([sender, other].map(may('joe', shut)), [false, true])
})
