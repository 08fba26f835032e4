import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deliveryEnv } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qmff-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const MESSAGE = 'Subject: hi\n\nbody\n'
const table = (text: string): void => {
  const r = runProgram(home, 'setforward', { args: ['t.cdb', 't.tmp'], input: text, cwd })
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '' })
}
const run = (recipient: string, args: string[] = [], env: Record<string, string> = {}) =>
  runProgram(home, 'fastforward', { args: [...args, 't.cdb'], env: { ...deliveryEnv, RECIPIENT: recipient, ...env }, fds: { 0: MESSAGE }, cwd })

test("a list's members get it once each, from its owner", () => {
  table('list@h.d: ?owner-list@h.d, a@x.y, sub@h.d, a@x.y; sub@h.d: b@x.y, a@x.y;')
  const r = run('LIST@H.D')
  assert.equal(r.exit, 0)
  assert.match(r.stderr, /^fastforward: qp \d+\n$/)
  const [message] = queued(home)
  const [, sender = '', ...to] = /F(.*?)\0((?:T.*?\0)*)$/.exec(message?.envelope ?? '') ?? []
  assert.equal(sender, 'owner-list@h.d')
  assert.deepEqual(to.join('').split('\0').filter(Boolean).toSorted(), ['Ta@x.y', 'Tb@x.y'])
  assert.ok(message?.message.endsWith(`\nDelivered-To: joe@ex.org\n${MESSAGE}`))
})

test('programs run with the message on 0, ! through preline; their failure forwards nothing', () => {
  table('p@h.d: |cat\\ >\\ plain, !cat\\ >\\ lines; f@h.d: a@b.c, |exit\\ 75; g@h.d: |exit\\ 77; n@h.d: |exit\\ 99;')
  assert.deepEqual(run('p@h.d'), { exit: 0, stdout: '', stderr: '' })
  assert.equal(readFileSync(join(cwd, 'plain'), 'latin1'), MESSAGE)
  assert.equal(readFileSync(join(cwd, 'lines'), 'latin1'), `${deliveryEnv.UFLINE}${deliveryEnv.RPLINE}${deliveryEnv.DTLINE}${MESSAGE}`)
  const before = queued(home).length
  assert.deepEqual([run('f@h.d').exit, run('g@h.d').exit, run('n@h.d').exit], [111, 100, 111])
  assert.equal(queued(home).length, before)
})

test('a list file has to be readable by all, and to be there', () => {
  table('l@h.d: ./l.bin; gone@h.d: ./none.bin;')
  writeFileSync(join(cwd, 'l.bin'), '&a@x.y\0./m.bin\0junk\0tail')
  writeFileSync(join(cwd, 'm.bin'), '&b@x.y\0./l.bin\0')
  assert.equal(run('l@h.d', ['-n']).stderr, `from <s@h.example>\nto <a@x.y>\nto <b@x.y>\n`)
  chmodSync(join(cwd, 'm.bin'), 0o640)
  assert.deepEqual(run('l@h.d', ['-n']), { exit: 111, stdout: '', stderr: 'fastforward: fatal: unable to read ./m.bin: not readable by all\n' })
  assert.equal(run('gone@h.d').exit, 111)
})

test('an unknown target bounces, or with -p is left to others; trouble with the table defers', () => {
  table('a@b.c: d@e.f;')
  assert.deepEqual(run('x@b.c'), { exit: 100, stdout: '', stderr: 'Sorry, no mailbox here by that name. (#5.1.1)\n' })
  assert.equal(run('x@b.c', ['-p']).exit, 0)
  assert.equal(run('a@b.c', ['-np']).exit, 99)
  assert.equal(run('', ['-nd'], { DEFAULT: 'a', HOST: 'b.c' }).exit, 0)
  writeFileSync(join(cwd, 't.cdb'), 'short')
  assert.equal(run('a@b.c').exit, 111)
  rmSync(join(cwd, 't.cdb'))
  assert.equal(run('a@b.c').exit, 111)
})

test('thousands of members and lists in a circle come to an end', () => {
  const members = Array.from({ length: 5000 }, (_, i) => `m${i}@x.y`)
  table(`l@h.d: ${members.join(', ')}, l@h.d;`)
  assert.equal(run('l@h.d', ['-n']).stderr.split('\n').length, members.length + 2)
})
