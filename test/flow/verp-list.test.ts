import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { smtpSink } from '../helpers/smtp.ts'
import { maildir, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

// The list of docs/setups.md at work, and the commands of docs/operating.md beside it.

const home = makeHome()
const [joe] = makeUsers(home, ['joe'])
const box = joe?.maildir() ?? ''
const alias = (name: string, text: string): void => writeFileSync(home.at('alias', name), text)
const operating = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operating.md'), 'utf8')

test('each subscriber is written to from an address of its own, and a bounce from far away says whose it was', PATIENT, async () => {
  const senders = new Map<string, string>()
  let sender = ''
  const sink = await smtpSink((command) => {
    sender = /^MAIL FROM:<([^>]*)>/.exec(command)?.[1] ?? sender
    const recipient = /^RCPT TO:<([^>]*)>/.exec(command)?.[1]
    if (recipient !== undefined) senders.set(recipient, sender)
    return recipient?.startsWith('ann@') ? '550 5.1.1 no such user' : undefined
  })
  home.control('locals', 'mail.example.org\n')
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  home.control('concurrencyremote', '1\n') // one at a time: the sink knows one sender
  alias('.qmail-friends', '+list\nann@far.example\nbob@other.example\n')
  for (const name of ['.qmail-friends-owner', '.qmail-friends-owner-']) alias(name, '&joe@mail.example.org\n')
  alias('.qmail-friends-owner-default', '|echo "$DEFAULT" >> friends-bounced\n')
  const suite = await startSuite(home)
  assert.equal(runProgram(home, 'sendmail', { args: ['friends'], input: 'Subject: hello\n\nhi\n', env: { USER: 'joe' } }).exit, 0)
  await until('our own bounce', () => maildir(box).some((text) => text.includes('<ann@far.example>:') && text.includes('550 5.1.1')))
  // what another host sends for one of them
  const bounced = 'friends-owner-bob=other.example@mail.example.org'
  assert.equal(runProgram(home, 'qmail-inject', { args: ['-f', '', bounced], input: 'Subject: failure notice\n\nno such user\n' }).exit, 0)
  const file = home.at('alias', 'friends-bounced')
  await until('their bounce', () => existsSync(file) && readFileSync(file, 'latin1').endsWith('\n'))
  assert.equal(readFileSync(file, 'latin1'), 'bob=other.example\n')
  await until('both', () => senders.size === 2)
  assert.deepEqual([...senders].toSorted(), [
    ['ann@far.example', 'friends-owner-ann=far.example@mail.example.org'],
    ['bob@other.example', 'friends-owner-bob=other.example@mail.example.org']
  ])
  const commands = [...operating.matchAll(/`(qmail-(?:qctl|qstat|qread|tcpto|tcpok|showctl)\b[^`]*)`/g)].map(([, command = '']) => command)
  assert.ok(commands.length > 8)
  for (const command of commands) {
    const r = runProgram(home, '/bin/sh', { args: ['-c', command.replace(/\bID\b/, '1')] })
    assert.notEqual(r.exit, 100, `${command}: ${r.stderr}`)
    assert.doesNotMatch(r.stderr, /usage|unknown|illegal/, command)
  }
  assert.equal(await suite.stop(), 0)
})
