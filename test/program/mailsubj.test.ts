import assert from 'node:assert/strict'
import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { takeQueued } from '../helpers/queued.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const run = (args: string[], input = 'body\n') => runProgram(home, 'mailsubj', { args, input, env: { USER: 'joe' } })

test('the recipients are one To field, made complete and separated by qmail-inject', () => {
  assert.deepEqual(run(['the subject', 'a@b', 'c d@e.f']), { exit: 0, stdout: '', stderr: '' })
  const [letter] = takeQueued(home)
  assert.deepEqual(letter?.recipients.toSorted(), ['a@b.mail.example.org', 'c@mail.example.org', 'd@e.f'])
  assert.match(letter?.message ?? '', /\nSubject: the subject\nTo: a@b\.mail\.example\.org, c@mail\.example\.org, d@e\.f\n\nbody\n$/)
})

test('nothing in the subject or the body is interpreted', () => {
  const subject = '-n \\n\\t %s $HOME `id` \xc3\xa9'
  assert.equal(run([Buffer.from(subject, 'latin1').toString('utf8'), 'a@b.c'], 'To: no@no.example\nFrom x\n.\n').exit, 0)
  const [letter] = takeQueued(home)
  assert.deepEqual(letter?.recipients, ['a@b.c'])
  assert.ok(letter?.message.endsWith(`\nSubject: ${subject}\nTo: a@b.c\n\nTo: no@no.example\nFrom x\n.\n`), letter?.message)
})

test("a failure is qmail-inject's; without a subject it says how it is called", () => {
  const r = run(['s', 'a@b.c (open'])
  assert.equal(r.exit, 0) // an unreadable recipient field names nobody, as in qmail
  assert.deepEqual(takeQueued(home)[0]?.recipients, [])
  assert.deepEqual(run([]), { exit: 100, stdout: '', stderr: 'mailsubj: usage: mailsubj subject recipient ...\n' })
})

test("a program in qmail-inject's place gets the message", () => {
  const file = home.at('bin', 'qmail-inject')
  renameSync(file, `${file}.away`)
  try {
    writeFileSync(file, '#!/bin/sh\necho "$#"; cat; exit 31\n')
    chmodSync(file, 0o755)
    assert.deepEqual(run(['s', 'a@b.c']), { exit: 31, stdout: '0\nSubject: s\nTo: a@b.c\n\nbody\n', stderr: '' })
  } finally {
    renameSync(`${file}.away`, file)
  }
})
