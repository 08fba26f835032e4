import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qmmm-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const run = (...args: string[]) => runProgram(home, 'maildirmake', { args, cwd })

test('a Maildir is made, private; never over something that is there', () => {
  assert.deepEqual(run('Maildir'), { exit: 0, stdout: '', stderr: '' })
  assert.deepEqual(readdirSync(join(cwd, 'Maildir')).toSorted(), ['cur', 'new', 'tmp'])
  for (const part of ['', 'cur', 'new', 'tmp']) assert.equal(statSync(join(cwd, 'Maildir', part)).mode & 0o7777, 0o700)
  assert.deepEqual(run('Maildir'), { exit: 111, stdout: '', stderr: 'maildirmake: fatal: unable to mkdir Maildir: file already exists\n' })
  assert.equal(run('none/Maildir').exit, 111)
  assert.equal(run().exit, 100)
})
