import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { programRows } from '../../src/suite/programs.ts'
import { makeHome } from '../helpers/home.ts'
import { takeQueued } from '../helpers/queued.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const input = 'To: a@b.example\nDate: x\nMessage-ID: y\n\nhi\n'

for (const [name, { synopsis, about, help, links }] of programRows) {
  if (help === false) continue
  test(`${name} --help prints how it is called, ends with 0, and does nothing`, () => {
    for (const called of [name, ...links]) {
      const r = runProgram(home, called, { args: ['--help'], input })
      const text = `usage: ${synopsis.split('\n').join('\n       ')}\n${name}: ${about}\n`
      assert.deepEqual(r, { exit: 0, stdout: text, stderr: '' }, called)
      assert.ok(text.startsWith(`usage: ${name}`))
    }
    assert.deepEqual(takeQueued(home), [])
    assert.deepEqual(readdirSync(home.at('drop')), ['trigger'])
  })
}

test('--help beside other arguments is what it was before', () => {
  assert.deepEqual(runProgram(home, 'sendmail', { args: ['--help', 'a@b.example'], input, env: { USER: 'joe' } }), { exit: 0, stdout: '', stderr: '' })
  assert.deepEqual(
    takeQueued(home).map(({ recipients }) => recipients),
    [['a@b.example']]
  )
  assert.deepEqual(runProgram(home, 'qmail-inject', { args: ['-f', '--help', 'a@b.example'], input }), { exit: 0, stdout: '', stderr: '' })
  assert.equal(takeQueued(home)[0]?.sender, '--help@mail.example.org')
})

test('a local part may be --help', () => {
  const r = runProgram(home, 'qmail-getpw', { args: ['--help'] })
  assert.equal(r.exit, 0, r.stderr)
  assert.match(r.stdout, /^alias\0.*--help\0$/)
})
