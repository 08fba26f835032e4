import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Temporary } from '../../../src/core/failure.ts'
import { accountIn, suiteGroup, suiteUser } from '../../../src/os/ids.ts'

const home = mkdtempSync(join(tmpdir(), 'ids-'))
after(() => rmSync(home, { recursive: true, force: true }))
mkdirSync(join(home, 'lib'))
writeFileSync(
  join(home, 'lib', 'ids'),
  'user alias 5001 5002 /a folder/alias\ngroup qmail 5003\nuser qmailq  5004 5005 /\nuser qmailr no 1 /\nuser qmails 5006\n'
)

test('lib/ids is asked first', () => {
  assert.deepEqual(suiteUser(home, 'alias'), { name: 'alias', uid: 5001, gid: 5002, home: '/a folder/alias' })
  assert.equal(suiteGroup(home, 'qmail'), 5003)
})

test('passwd lines are found by whole name and need numbers', () => {
  const passwd = 'joey:x:1:1::/joey:/bin/sh\njoe:x:1000:1001:Joe,,,:/home/joe:/bin/sh\nbad:x:no:1::/:\nshort:x:1\n'
  assert.deepEqual(accountIn(passwd, 'joe'), { name: 'joe', uid: 1000, gid: 1001, home: '/home/joe' })
  for (const name of ['jo', 'bad', 'short', '']) assert.equal(accountIn(passwd, name), undefined, name)
})

test('an unknown user or group is a temporary failure in the words of qmail', () => {
  const empty = mkdtempSync(join(tmpdir(), 'ids-'))
  after(() => rmSync(empty, { recursive: true, force: true }))
  assert.throws(
    () => suiteUser(empty, 'qmailnobody' as 'alias'),
    (e) => e instanceof Temporary && e.message === 'unable to find user qmailnobody'
  )
  assert.throws(
    () => suiteGroup(empty, 'qmailnobody' as 'qmail'),
    (e) => e instanceof Temporary && e.message === 'unable to find group qmailnobody'
  )
})

test('a line of lib/ids whose numbers are none is no user, and never root', () => {
  for (const name of ['qmailq', 'qmailr', 'qmails'] as const) assert.throws(() => suiteUser(home, name), /^Error: unable to find user/, name)
})
