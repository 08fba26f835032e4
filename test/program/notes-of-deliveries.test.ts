import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NOTES_VARIABLE, notesInVariable, notesVariable } from '../../src/queue/notes-variable.ts'
import { deliveryEnv } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { keptIn, layProgram, layVariableKeeper } from '../helpers/kept-variables.ts'
import { startLspawn } from '../helpers/lspawn.ts'
import { queued } from '../helpers/queue-files.ts'
import { runProgram } from '../helpers/run-program.ts'
import { layMessage } from '../helpers/spawner-rig.ts'
import { makeUsers } from '../helpers/users.ts'

const ALL = 'v=1 utf8 tls body=8 ret=H envid=E+2B1 r=0,n=SFD,o=rfc822;first@x'
const records = (sender: string, recipient: string): Buffer => Buffer.from(`F${sender}\0T${recipient}\0`, 'latin1')

/** A home with a qmail-local in whichever gear, a queue program that keeps what it is told, and a user. */
const makeWorld = (firstgear?: string) => {
  const home = makeHome()
  if (firstgear) home.control('firstgear', firstgear)
  const [ann] = makeUsers(home, ['ann'])
  assert.ok(ann)
  const message = layMessage(home, '0/23', 'Subject: hi\n\nbody\n')
  const lspawn = startLspawn(home, './Maildir/', { QMAILQUEUE: layVariableKeeper(home) })
  const deliver = async (ext: string, notes?: string) => {
    const report = await lspawn.deliver(message, `ann-${ext}@ex.org`, 's@s.example', notes)
    return { report: report.replace(/qp \d+/, 'qp N'), ...keptIn(ann.home) }
  }
  return { home, ann, lspawn, message, deliver }
}

for (const gear of ['second', 'first']) {
  test(`a forward takes along what RFC 3461 5.2.7 has it take, and says so to the suite's own qmail-lspawn; ${gear} gear`, async () => {
    const { ann, lspawn, deliver } = makeWorld(gear === 'first' ? 'qmail-local\n' : undefined)
    ann.lay('.qmail-one', '&a@far.example\n')
    ann.lay('.qmail-two', '&a@far.example\n&b@far.example\n')
    ann.lay('.qmail-list', '&a@far.example\n')
    ann.lay('.qmail-list-owner', '')
    assert.deepEqual(await deliver('one', ALL), {
      report: 'kdid 0+1+0\nqp N\n',
      envelope: 'Fs@s.example\0Ta@far.example\0',
      notes: 'v=1 o=forward utf8 tls body=8 ret=H envid=E+2B1 r=0,n=SFD,o=rfc822;first@x'
    })
    assert.equal((await deliver('one', 'v=1 r=0,n=S')).notes, 'v=1 o=forward r=0,n=S,o=rfc822;ann-one@ex.org')
    assert.equal((await deliver('one', 'v=1 envid=E')).notes, 'v=1 o=forward envid=E r=0,o=rfc822;ann-one@ex.org')
    assert.equal((await deliver('one', 'v=1 tls')).notes, 'v=1 o=forward tls')
    assert.equal((await deliver('one', 'v=1 body=8')).notes, undefined, 'nobody asked for anything')
    assert.deepEqual(await deliver('one'), { report: 'Kdid 0+1+0\nqp N\n', envelope: 'Fs@s.example\0Ta@far.example\0', notes: undefined })
    assert.deepEqual(await deliver('two', ALL), {
      report: 'Kdid 0+2+0\nqp N\n',
      envelope: 'Fs@s.example\0Ta@far.example\0Tb@far.example\0',
      notes: 'v=1 o=forward utf8 tls body=8 ret=H envid=E+2B1 r=0,n=FD,o=rfc822;first@x r=1,n=FD,o=rfc822;first@x'
    })
    assert.deepEqual(await deliver('list', ALL), {
      report: 'ldid 0+1+0\nqp N\n',
      envelope: 'Fann-list-owner@ex.org\0Ta@far.example\0',
      notes: 'v=1 o=forward utf8 tls body=8'
    })
    await lspawn.end()
  })
}

test('a program of a .qmail file has the notes in its environment, alone or beside a mailbox; who asked for success hears of it from here', async () => {
  const { ann, lspawn, message } = makeWorld()
  ann.maildir()
  const line = '|printenv QMAILESMTP > seen || echo unset > seen\n'
  ann.lay('.qmail-alone', line)
  ann.lay('.qmail-beside', `./Maildir/\n${line}`)
  for (const [ext, counts] of [
    ['alone', '0+0+1'],
    ['beside', '1+0+1']
  ] as const) {
    const recipient = `ann-${ext}@ex.org`
    assert.equal(await lspawn.deliver(message, recipient, 's@s.example', ALL), `Kdid ${counts}\n`)
    const variable = readFileSync(join(ann.home, 'seen'), 'latin1').trimEnd()
    assert.equal(notesInVariable(variable, records('s@s.example', recipient)), 'v=1 utf8 tls body=8 ret=H envid=E+2B1 r=0,n=FD,o=rfc822;first@x')
    assert.equal(await lspawn.deliver(message, recipient), `Kdid ${counts}\n`)
    assert.equal(readFileSync(join(ann.home, 'seen'), 'latin1'), 'unset\n')
  }
  await lspawn.end()
})

test("a wrapper of qmail-local hands the notes on; somebody else's qmail-local makes an ordinary message of it", async () => {
  const { home, ann, lspawn, deliver } = makeWorld()
  ann.lay('.qmail-one', '&a@far.example\n')
  renameSync(home.at('bin', 'qmail-local'), home.at('bin', 'qmail-local.own'))
  layProgram(home, 'bin/qmail-local', `exec ${home.at('bin', 'qmail-local.own')} "$@"`)
  const { report, notes } = await deliver('one', ALL)
  assert.deepEqual([report, notes], ['kdid 0+1+0\nqp N\n', 'v=1 o=forward utf8 tls body=8 ret=H envid=E+2B1 r=0,n=SFD,o=rfc822;first@x'])
  layProgram(
    home,
    'bin/qmail-local',
    `export HOME="$3"; printf 'F%s\\0Tother@far.example\\0\\0' "$8" > "$3/envelope"; cat | "$QMAILQUEUE" 1< "$3/envelope" && echo did 0+1+0`
  )
  assert.deepEqual(await deliver('one', ALL), { report: 'Kdid 0+1+0\n', envelope: 'Fs@s.example\0Tother@far.example\0', notes: undefined })
  await lspawn.end()
})

test('what a program hands on keeps what it must, by what the environment says of this delivery and no other', () => {
  const home = makeHome()
  const variable = notesVariable(records('s@h.example', 'joe@ex.org'), ALL)
  const env = { ...deliveryEnv, NEWSENDER: 's@h.example', [NOTES_VARIABLE]: variable }
  const notesOf = (recipient: string): string | undefined => {
    const found = queued(home).find(({ envelope }) => envelope.includes(`\0T${recipient}\0`))
    assert.ok(found, recipient)
    return /^u\d+\0p\d+ ?([^\0]*)\0/.exec(found.envelope)?.[1]
  }
  const expected = 'v=1 o=forward utf8 tls body=8 ret=H envid=E+2B1 r=0,n=FD,o=rfc822;first@x'
  const cwd = home.at('alias')
  const run = (program: string, args: string[], more: Record<string, string> = {}) =>
    assert.notEqual(runProgram(home, program, { args, env: { ...env, ...more }, fds: { 0: 'Subject: x\n\nhi\n' }, cwd }).exit, 111)
  run('forward', ['forwarded@x'])
  assert.equal(notesOf('forwarded@x'), expected)
  run('condredirect', ['redirected@x', 'true'])
  assert.equal(notesOf('redirected@x'), expected)
  writeFileSync(join(cwd, '.forward'), 'dotted@x.example\n')
  run('dot-forward', ['.forward'])
  assert.equal(notesOf('dotted@x.example'), expected)
  runProgram(home, 'setforward', { args: ['t.cdb', 't.tmp'], input: 'joe@ex.org: fast@x.example;', cwd })
  run('fastforward', ['t.cdb'])
  assert.equal(notesOf('fast@x.example'), expected)
  run('forward', ['listed@x'], { NEWSENDER: 'owner@ex.org' })
  assert.equal(notesOf('listed@x'), 'v=1 o=forward utf8 tls body=8')
  run('forward', ['another@x'], { RECIPIENT: 'jim@ex.org' })
  assert.equal(notesOf('another@x'), '')
  run('forward', ['broken@x'], { [NOTES_VARIABLE]: `${variable} r=7` })
  assert.equal(notesOf('broken@x'), '')
})

test('whoever runs a queue program tells it of the notes by its environment; what was inherited counts for the same envelope alone', () => {
  const home = makeHome()
  const keeper = layVariableKeeper(home)
  const HOME = home.at('alias')
  const send = (args: string[], env: Record<string, string>) =>
    assert.equal(runProgram(home, 'sendmail', { args: ['-f', 's@s.example', ...args], input: 'Subject: hi\n\nbody\n', env: { HOME, ...env } }).exit, 0)
  send(['-N', 'never', '-V', 'id', 'r@x.example'], { QMAILQUEUE: keeper })
  assert.deepEqual(keptIn(HOME), { envelope: 'Fs@s.example\0Tr@x.example\0', notes: 'v=1 envid=id r=0,n=N' })
  const inherited = { [NOTES_VARIABLE]: notesVariable(records('s@s.example', 'r@x.example'), 'v=1 tls') }
  send(['r@x.example'], { QMAILQUEUE: keeper, ...inherited })
  assert.equal(keptIn(HOME).notes, 'v=1 tls')
  send(['-N', 'never', 'r@x.example'], { QMAILQUEUE: keeper, ...inherited })
  assert.equal(keptIn(HOME).notes, 'v=1 r=0,n=N')
  const before = queued(home).length
  send(['r@x.example'], inherited)
  send(['other@x.example'], inherited)
  const found = queued(home)
  assert.equal(found.length, before + 2)
  assert.match(found.find(({ envelope }) => envelope.includes('Tr@'))?.envelope ?? '', /\0p\d+ v=1 tls\0F/)
  assert.match(found.find(({ envelope }) => envelope.includes('Tother@'))?.envelope ?? '', /\0p\d+\0F/)
})

test('TLS-Required: No in the header of what is injected is noted (RFC 8689 5)', () => {
  const home = makeHome()
  for (const [field, notes] of [
    ['TLS-Required: No', ' v=1 notls'],
    ['TLS-Required: Yes', '']
  ] as const) {
    const before = new Set(queued(home).map(({ id }) => id))
    const input = `From: a@b.example\n${field}\n\nTLS-Required: No\n`
    assert.equal(runProgram(home, 'qmail-inject', { args: ['-fs@s.example', 'r@x.example'], input, env: {} }).exit, 0)
    const [found] = queued(home).filter(({ id }) => !before.has(id))
    assert.match(found?.envelope ?? '', new RegExp(`^u\\d+\\0p\\d+${notes}\\0Fs@s`), field)
  }
})
