import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

// Debian's configurations of three MTAs (migrate/README.md), carried over by qmail-migrate: ours accepts and refuses what theirs were recorded to.

const fixtures = join(import.meta.dirname, 'migrate')
const read = (...parts: string[]): string => readFileSync(join(fixtures, ...parts), 'utf8')
const table = JSON.parse(read('table.json')) as string[]
const HOST = ['--host', 'mail.example.org']

const migrate = (home: Home, mta: string, ...args: string[]) =>
  runProgram(home, 'qmail-migrate', { args: ['--root', join(fixtures, mta), ...HOST, '--rules', home.at('tcp.smtp'), ...args] })

/** Which of the addresses a server takes, all in one transaction. */
const taken = (port: number): Promise<string[]> =>
  new Promise((resolve, reject) => {
    const lines = ['HELO client.example', 'MAIL FROM:<>', ...table.map((address) => `RCPT TO:<${address}>`), 'QUIT']
    let said = ''
    const socket = connect(port, '127.0.0.1').on('error', reject)
    socket.setEncoding('latin1')
    const next = (): void => {
      const answers = said.split('\n').length - 1
      const line = lines[answers - 1]
      if (said.endsWith('\n') && line !== undefined) socket.write(`${line}\r\n`)
    }
    socket.on('data', (data: string) => {
      said += data
      next()
    })
    socket.on('close', () => {
      const answers = said.split('\r\n').slice(3, 3 + table.length)
      resolve(table.filter((_, n) => answers[n]?.startsWith('250')))
    })
  })

for (const mta of ['postfix', 'exim', 'sendmail']) {
  const answers = JSON.parse(read(mta, 'answers.json')) as { outside: string[]; inside: string[] }

  test(`${mta}: the same addresses are taken and refused`, PATIENT, async () => {
    const home = makeHome()
    for (const user of makeUsers(home, ['joe', 'ann'])) user.maildir()
    const written = migrate(home, mta, '--write')
    assert.deepEqual([written.exit, written.stderr], [0, ''])
    const rules = runProgram(home, 'tcprules', { args: [home.at('rules.cdb'), home.at('rules.tmp')], input: readFileSync(home.at('tcp.smtp'), 'latin1') })
    assert.equal(rules.exit, 0, rules.stderr)
    const suite = await startSuite(home)
    await until('qmail-rcptd', () => existsSync(home.at('run', 'smtpd', 'rcpt')))
    const outside = await startSmtpd(home)
    assert.deepEqual(await taken(outside.port), answers.outside)
    const inside = await startSmtpd(home, ['-x', home.at('rules.cdb')]) // 127.0.0.1 is of their network
    const relayed = (addresses: string[]): string[] => addresses.filter((address) => address.startsWith('x@'))
    assert.deepEqual(relayed(await taken(inside.port)), relayed(answers.inside))
    for (const server of [outside, inside]) assert.equal(await server.daemon.stop(), 0)
    assert.equal(await suite.stop(), 0)
  })
}

test('without --write it only shows; with it nothing that says something else is replaced, unless it is told to', () => {
  const home = makeHome()
  const shown = migrate(home, 'postfix')
  assert.deepEqual([shown.exit, existsSync(home.at('control', 'locals'))], [0, false])
  assert.match(shown.stdout, /^ {2}control\/databytes +20480000$/m)
  assert.match(shown.stdout, /\nNothing is written; --write writes these files\.\n$/)
  home.control('locals', 'mine.example\n')
  const refused = migrate(home, 'postfix', '--write')
  assert.deepEqual(
    [refused.exit, refused.stderr],
    [100, 'qmail-migrate: fatal: nothing is written: control/locals say something else; --force replaces them\n']
  )
  assert.deepEqual([existsSync(home.at('control', 'rcpthosts')), readFileSync(home.at('control', 'locals'), 'latin1')], [false, 'mine.example\n'])
  assert.equal(migrate(home, 'postfix', '--write', '--force').exit, 0)
  assert.match(readFileSync(home.at('control', 'locals'), 'latin1'), /^mail\.example\.org\nexample\.org\n/)
  assert.equal(migrate(home, 'postfix', '--write').exit, 0, 'what is so already is no trouble')
})

test('what cannot be carried over is named, a line each', () => {
  const home = makeHome()
  const lines = (mta: string): string[] =>
    migrate(home, mta)
      .stdout.split('\n')
      .map((line) => line.trim())
  for (const [mta, line] of [
    ['postfix', 'transport_maps: fax.example fax:: no such transport here'],
    ['postfix', 'smtpd_sender_restrictions: friend@bad.example OK'],
    ['postfix', '/etc/aliases, archive: the file /var/mail/archive has to be one that the user alias can write'],
    ['postfix', 'accounts of the system have no mail here without an alias: daemon'],
    ['exim', "/etc/exim4/update-exim4.conf.conf: dc_local_interfaces='198.51.100.1': give tcpserver this address in place of 0"],
    ['sendmail', '/etc/mail/mailertable: fax.example fax:here: no such mailer here'],
    ['sendmail', '/etc/mail/access: GreetPause: 0']
  ] as const)
    assert.ok(lines(mta).includes(line), `${line}\n${lines(mta).join('\n')}`)
})

test('a machine that sends all to a smarthost, or all mail at all', () => {
  const home = makeHome()
  const root = home.at('machine')
  cpSync(join(fixtures, 'exim'), root, { recursive: true })
  const file = join(root, 'etc', 'exim4', 'update-exim4.conf.conf')
  const text = readFileSync(file, 'utf8').replace("dc_smarthost=''", "dc_smarthost='smart.example::587;other.example'")
  const show = (kind: string): string => {
    writeFileSync(file, text.replace("'internet'", `'${kind}'`))
    return runProgram(home, 'qmail-migrate', { args: ['--root', root, ...HOST] }).stdout
  }
  assert.match(show('smarthost'), /^ {6}:smart\.example:587$/m)
  const satellite = show('satellite')
  assert.match(satellite, /^ {2}control\/locals +empty$/m)
  assert.doesNotMatch(satellite, /alias\//)
})

test('what makes no sense is refused: nothing to read, two MTAs, unknown words', () => {
  const home = makeHome()
  const run = (...args: string[]) => runProgram(home, 'qmail-migrate', { args })
  assert.match(run('--root', home.at('nowhere')).stderr, /nothing to read: none of /)
  cpSync(join(fixtures, 'exim'), home.at('both'), { recursive: true })
  cpSync(join(fixtures, 'postfix'), home.at('both'), { recursive: true })
  const both = run('--root', home.at('both'))
  assert.deepEqual([both.exit, both.stderr], [100, 'qmail-migrate: fatal: there are postfix and exim: say which, --from\n'])
  assert.equal(run('--root', home.at('both'), '--from', 'exim', ...HOST).exit, 0)
  for (const word of ['--form', 'exim']) assert.equal(run(word).exit, 100)
  assert.equal(run('--from', 'qmail').exit, 100)
  assert.equal(run('--root', '').exit, 100)
})
