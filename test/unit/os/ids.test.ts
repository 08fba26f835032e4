import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Temporary } from '../../../src/core/failure.ts'
import { accountIn, suiteGroup, suiteUser, userNamed } from '../../../src/os/ids.ts'

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

test('a line is found at the start of the text, amid it, and at its end, with and without a line end', () => {
  const line = (name: string, uid: number): string => `${name}:x:${uid}:${uid}::/:`
  for (const end of ['', '\n']) {
    const passwd = `${line('first', 1)}\n${line('mid', 2)}\n${line('last', 3)}${end}`
    assert.deepEqual(
      ['first', 'mid', 'last', 'irst', 'x', 'las'].map((name) => accountIn(passwd, name)?.uid),
      [1, 2, 3, undefined, undefined, undefined]
    )
  }
  assert.equal(accountIn('', 'first'), undefined)
})

test('a name is found by its number, wherever else that number stands', () => {
  const passwd = 'root:x:0:0::/:\ngroup:x:1:10:10:/10:\n10:10:11:10:10:/:10\njoe:10:10:10::/:\nlater:x:10:0::/:\nold:x:12:0::/:'
  assert.deepEqual(
    [0, 1, 10, 11, 12, 2].map((uid) => userNamed(passwd, uid)),
    ['root', 'group', 'joe', '10', 'old', undefined]
  )
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
