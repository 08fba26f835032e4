import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const counts = (messages: number, unprocessed: number): string => `messages in queue: ${messages}\nmessages in queue but not yet preprocessed: ${unprocessed}\n`

test('an empty queue is two zeros', () => {
  assert.deepEqual(runProgram(home, 'qmail-qstat'), { exit: 0, stdout: counts(0, 0), stderr: '' })
})

test('files are counted whatever their names, at any depth; folders, links, and what lies beside the folders of mess are not', () => {
  for (const path of ['mess/0/23', 'mess/1/stray', 'mess/1/.hidden', 'mess/1/a [b]*', 'mess/beside', 'todo/23', 'todo/.x'])
    writeFileSync(home.at('queue', path), '')
  mkdirSync(home.at('queue', 'mess', '2', 'deep'))
  writeFileSync(home.at('queue', 'mess', '2', 'deep', '1'), '')
  mkdirSync(home.at('queue', 'todo', '5'))
  writeFileSync(home.at('queue', 'todo', '5', '28'), '')
  symlinkSync('23', home.at('queue', 'mess', '0', 'link'))
  assert.deepEqual(runProgram(home, 'qmail-qstat'), { exit: 0, stdout: counts(5, 3), stderr: '' })
})

test('--json gives one object', () => {
  assert.equal(runProgram(home, 'qmail-qstat', { args: ['--json'] }).stdout, '{"messages":5,"unprocessed":3}\n')
})

test('without permission it prints zeros, says why, and succeeds', () => {
  if (!isRoot) chmodSync(home.at('queue'), 0)
  const r = runProgram(home, 'qmail-qstat', isRoot ? { uid: 64_321, gid: 64_321, cwd: '/' } : {})
  if (!isRoot) chmodSync(home.at('queue'), 0o750)
  assert.deepEqual([r.exit, r.stdout], [0, counts(0, 0)])
  assert.match(r.stderr, /^qmail-qstat: warning: unable to read queue\/mess: access denied\n/)
})
