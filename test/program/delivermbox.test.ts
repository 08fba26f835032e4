import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { makeMaildir } from '../helpers/suite.ts'

const home = makeHome()
const cwd = mkdtempSync(join(tmpdir(), 'qmdm-'))
after(() => rmSync(cwd, { recursive: true, force: true }))
const run = (name: string) => runProgram(home, 'delivermbox', { args: [name], env, fds: { 0: 'Subject: hi\n\nFrom x\n' }, cwd })

test('an mbox, private, with its three lines; a Maildir where the name ends in a slash; trouble defers', () => {
  assert.deepEqual(run('mbox'), { exit: 0, stdout: '', stderr: '' })
  assert.equal(readFileSync(join(cwd, 'mbox'), 'latin1'), `${env.UFLINE}${env.RPLINE}${env.DTLINE}Subject: hi\n\n>From x\n\n`)
  assert.equal(statSync(join(cwd, 'mbox')).mode & 0o777, 0o600)
  makeMaildir(join(cwd, 'Maildir'))
  assert.equal(run('Maildir/').exit, 0)
  assert.equal(readdirSync(join(cwd, 'Maildir/new')).length, 1)
  for (const name of ['none/mbox', 'none/']) assert.equal(run(name).exit, 111)
  assert.equal(run('').exit, 100)
})
