import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { Draft } from '../helpers/log-draft.ts'
import { runProgram } from '../helpers/run-program.ts'

const counts = (n: number, unprocessed: number): string => `messages in queue: ${n}\nmessages in queue but not yet preprocessed: ${unprocessed}\n`

test('qmail-qstat counts accepted messages that stand in the commit log only, as after a crash', () => {
  const home = makeHome()
  mkdirSync(home.at('queue', 'log'), { recursive: true })
  const draft = new Draft(1).message(100, 'one\n').message(200, 'two\n').message(300, 'three\n').message(400, 'four\n').page().done(200)
  writeFileSync(home.at('queue', 'log', '0'), draft.bytes)
  assert.deepEqual(runProgram(home, 'qmail-qstat'), { exit: 0, stdout: counts(3, 3), stderr: '' })
  writeFileSync(home.at('queue', 'mess', String(300 % 23), '300'), 'three\n') // it is being spilled
  assert.deepEqual(runProgram(home, 'qmail-qstat'), { exit: 0, stdout: counts(3, 2), stderr: '' })
})
