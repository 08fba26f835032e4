import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Permanent } from '../../../src/core/failure.ts'
import { parseArguments } from '../../../src/local/job.ts'

const eight = ['joe', '/h', 'joe-x', '-', 'x', 'ex.org', 's@h', './Mailbox']

test('eight arguments are a job, options before them choose', () => {
  assert.equal(parseArguments(eight).isDryRun, false)
  assert.equal(parseArguments(['-n', ...eight]).isDryRun, true)
  assert.equal(parseArguments(['-nN', ...eight]).isDryRun, false)
  assert.equal(parseArguments(['-N', '-n', '--', ...eight]).job.sender, 's@h')
})

test('after -- a user may look like an option', () => {
  assert.equal(parseArguments(['--', '-n', ...eight.slice(1)]).job.user, '-n')
})

test('anything else is a usage error, for good', () => {
  for (const args of [[], eight.slice(1), [...eight, 'x'], ['-x', ...eight], ['joe', 'h', ...eight.slice(2)]]) {
    assert.throws(() => parseArguments(args), Permanent, JSON.stringify(args))
  }
})
