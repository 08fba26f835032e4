import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { takeQueued } from '../helpers/queued.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const run = (args: string[], input: string) => runProgram(home, 'datemail', { args, input, env: { USER: 'joe', TZ: 'Asia/Kathmandu' } })

test("sendmail's options, and a Date in local time where qmail-inject would say -0000", () => {
  assert.deepEqual(run(['-f', 's@s.x', '-t'], 'Message-ID: y\nTo: t@t.x\n\nhi\n'), { exit: 0, stdout: '', stderr: '' })
  const [letter] = takeQueued(home)
  assert.deepEqual([letter?.sender, letter?.recipients], ['s@s.x', ['t@t.x']])
  assert.match(letter?.message ?? '', /^From: s@s\.x\nDate: \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \+0545\nMessage-ID: y\nTo: t@t\.x\n\nhi\n$/)
})

test('a Date the message has stays, as a second one', () => {
  assert.equal(run(['a@b.c'], 'Date: old\n\n').exit, 0)
  assert.match(takeQueued(home)[0]?.message ?? '', /^Date: [^\n]* \+0545\nDate: old\n/m)
})

test("a failure is sendmail's", () => {
  const r = run([], 'x\n')
  assert.equal(r.exit, 64)
  assert.match(r.stderr, /^sendmail: fatal: no recipients/)
  assert.deepEqual(takeQueued(home), [])
})
