import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitHeader } from '../../../src/format/header.ts'
import { generatedFields, type Origin } from '../../../src/inject/generated.ts'
import { defaultSender, identityOf } from '../../../src/inject/identity.ts'
import { mustTokenize, Unparsable } from '../../../src/inject/rewrite.ts'
import { type Rewritten, rewriteHeader } from '../../../src/inject/rewritten.ts'

const hosts = { defaultHost: mustTokenize('m.ex'), defaultDomain: mustTokenize('m.ex'), plusDomain: mustTokenize('p.ex') }
const header = (text: string, letters = ''): Rewritten => rewriteHeader(splitHeader([Buffer.from(text, 'latin1')].values()).fields, hosts, letters)
const origin = (env: Record<string, string>, lists?: string[]): Origin => ({
  who: identityOf(env, Date.UTC(2001, 8, 9, 1, 46, 40), 42),
  hosts,
  idHost: 'id.ex',
  lists: lists && new Set(lists)
})
const generated = (text: string, env: Record<string, string> = { USER: 'joe' }, lists?: string[]): string => generatedFields(header(text), origin(env, lists))

test('what is missing is made, in this order', () => {
  assert.equal(generated(''), 'Date: 9 Sep 2001 01:46:40 -0000\nMessage-ID: <20010909014640.42.qmail@id.ex>\nFrom: joe@m.ex\nCc: recipient list not shown: ;\n')
  assert.equal(generated('Date:\nMessage-Id:\nFrom:\nCC:\n'), '')
})

test('a resent message gets Resent- fields only, and its recipients come from Resent- fields', () => {
  const text = 'To: a@b.c\nResent-Bcc: d@e.f\n'
  assert.equal(
    generated(text),
    'Resent-Date: 9 Sep 2001 01:46:40 -0000\nResent-Message-ID: <20010909014640.42.qmail@id.ex>\nResent-From: joe@m.ex\nResent-Cc: recipient list not shown: ;\n'
  )
  assert.deepEqual([header(text).isResent, header(text).resentRecipients], [true, ['d@e.f']])
  assert.equal(header('Resent-Subject: x\n').isResent, false)
})

test('the name is quoted, or a comment with letter c; the user is quoted if it must be', () => {
  const from = (env: Record<string, string>): string => /^From: (.*)$/m.exec(generated('To:\n', env))?.[1] ?? ''
  assert.equal(from({ USER: 'joe', NAME: 'J "x" B' }), '"J \\"x\\" B" <joe@m.ex>')
  assert.equal(from({ USER: 'joe', NAME: 'Joe (x) B', QMAILINJECT: 'c' }), 'joe@m.ex (Joe \\(x\\) B)')
  assert.equal(from({ USER: '', MAILHOST: '' }), '""@m.ex')
  assert.equal(from({ QMAILUSER: 'a b', USER: 'joe', QMAILHOST: 'foo' }), '"a b"@foo.m.ex')
  assert.equal(from({}), 'anonymous@m.ex')
})

test('Bcc, Return-Path and Content-Length are taken out; other fields stay to the byte', () => {
  const h = header('X: a\n  b\nBcc: a@b.c\nReturn-Path: <s@t.u>\nContent-Length: 5\nSubject:  x  \n')
  assert.deepEqual(h.kept, ['X: a\n  b\n', 'Subject:  x  \n'])
  assert.deepEqual([h.recipients, h.returnPath], [['a@b.c'], 's@t.u'])
})

test('syntax errors: recipient fields stay as they are, sender fields are permanent failures, Bcc vanishes', () => {
  assert.deepEqual(header('To: a (b\nCc: c@d.e\nBcc: "x\n').kept, ['To: a (b\n', 'Cc: c@d.e\n'])
  for (const name of ['From', 'Sender', 'Reply-To', 'Errors-To', 'Return-Receipt-To', 'Return-Path', 'Resent-From']) {
    assert.throws(() => header(`${name}: a (b\n`), new Unparsable(`${name}: a (b\n`))
  }
})

test('letters s, f and i make a field absent, and unchecked', () => {
  const h = header('Return-Path: (\nFrom: (\nMessage-ID: x\n', 'sfi')
  assert.deepEqual([h.kept, [...h.seen]], [[], []])
})

test('of Return-Path the last address counts, of several the first that has one', () => {
  assert.equal(header('Return-Path:\nReturn-Path: a@b.c, d@e.f\nReturn-Path: g@h.i\n').returnPath, 'd@e.f')
})

test('Mail-Followup-To names To and Cc, the last field first, when a mailing list is among them', () => {
  const text = 'To: l@ist.x, a@b.c\nCc: d@e.f\nFrom: x@y.z\nDate:\nMessage-ID:\n'
  assert.equal(generated(text, {}, ['l@ist.x']), 'Mail-Followup-To: d@e.f,\n  l@ist.x,\n  a@b.c\n')
  assert.equal(generated(text.replace('l@ist', 'L@IST'), {}, ['l@ist.x']).slice(0, 17), 'Mail-Followup-To:')
  assert.equal(generated(text, {}, ['other@ist.x']), '')
  assert.equal(generated(`${text}Mail-Followup-To: x\n`, {}, ['l@ist.x']), '')
})

test('letters m and r mark the default sender', () => {
  const sender = (letters: string): string => defaultSender(origin({ USER: 'joe', QMAILINJECT: letters }).who, hosts)
  assert.deepEqual(['', 'r', 'm', 'rm'].map(sender), ['joe@m.ex', 'joe-@m.ex', 'joe-1000000000.42@m.ex', 'joe-1000000000.42-@m.ex'])
})
