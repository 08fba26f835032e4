import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { parse } from '../../tools/man/markdown.ts'
import { pages } from '../../tools/man/pages.ts'
import { dnsZone } from '../helpers/dns-zone.ts'
import { isRoot, makeHomeWithPages } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { smtpSink } from '../helpers/smtp.ts'
import { type Daemon, maildir, makeMaildir, startDaemon, startListening, startServer, startSmtpd, until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

// Examples of the manual pages that no text of output follows: servers, and what depends on the machine. Addresses, ports and files of /etc are the test's own.

const home = makeHomeWithPages()
const dns = await dnsZone({})
const examples = new Map(
  pages().map(({ name, text }) => [name, parse(text).flatMap((b) => (b.kind === 'code' && b.info === 'sh' ? [b.lines.join('\n')] : []))])
)
const seen = new Set<string>()
/** The example of a page, its first or its nth, as this installation would have it. */
const exampleOf = (page: string, n = 1): string => {
  seen.add(`${page} ${n}`)
  const found = examples.get(page)?.[n - 1]
  assert.ok(found, `${page} has an example ${n}`)
  return found
    .replaceAll('\\\n', ' ')
    .replaceAll('/var/qmail', home.path)
    .replaceAll('/usr/sbin/sendmail', home.at('bin', 'sendmail'))
    .replaceAll('/etc/', `${home.path}/etc/`)
}
mkdirSync(home.at('etc'))
home.control('rcpthosts', 'mail.example.org\n')

interface Ran {
  exit: number | null
  said: string
  cwd: string
}
/** Runs shell lines in a home of their own, as the caller; `prepare` lays what they begin with. */
const shell = (script: string, input = '', prepare: (cwd: string) => void = () => {}): Promise<Ran> =>
  new Promise((resolve) => {
    const cwd = mkdtempSync(home.at('example-'))
    prepare(cwd)
    const env = { PATH: `${home.at('bin')}:/usr/local/bin:/usr/bin:/bin`, HOME: cwd, USER: 'joe', LC_ALL: 'C', DNSCACHEIP: dns.server, MANPAGER: 'cat' }
    const child = spawn('sh', ['-e', '-c', script], { cwd, env, stdio: 'pipe' })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString('latin1')))
    child.stdin.on('error', () => {}) // it may not read
    child.stdin.end(input)
    child.on('close', (exit) => resolve({ exit, said, cwd }))
  })

/** What a server says first, to a client that leaves when it has a line, or at once when `isMute`. */
const firstLine = (port: number, isMute: boolean): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    const socket = connect(port, '127.0.0.1').on('error', reject)
    socket.on('data', (data) => {
      if (!said.includes('\n') && data.includes('\n')) socket.write('QUIT\r\n')
      said += data.toString('latin1')
    })
    socket.on('close', () => resolve(said))
    if (isMute) socket.on('connect', () => socket.end())
  })

const startExample = (page: string, n: number): Promise<{ port: number; daemon: Daemon }> => {
  const { uid, gid } = suiteUser(home.path, 'qmaild')
  const lines = exampleOf(page, n)
    .replace(/ -u (\S*"\$\(id -u qmaild\)"|[0-9]+) -g (\S*"\$\(id -g qmaild\)"|[0-9]+)/, isRoot ? ` -u ${uid} -g ${gid}` : '')
    .replace(/ 0\s+(25|110|209|587|628) /, ' 127.0.0.1 0 ')
    .replace(' 2>&1 | less', '')
    .replace(/^tcpserver /m, 'exec tcpserver -1 ')
  const rules = /\S+\.cdb/.exec(lines)?.[0]
  if (rules !== undefined && !lines.includes('tcprules'))
    assert.equal(runProgram(home, 'tcprules', { args: [rules, `${rules}.tmp`], input: ':allow\n' }).exit, 0)
  const open = lines.replace("'192.0.2.:allow'", "'127.:allow'") // the test is the client
  return startListening((log) => startDaemon(home, '/usr/bin/env', [`DNSCACHEIP=${dns.server}`, 'sh', '-e', '-c', open], log))
}

for (const [page, greeting, n = 1] of [
  ['authclient.8', /^220 /],
  ['fixcrio.1', /^220 /],
  ['qmail-popup.8', /^\+OK </],
  ['qmail-qmqpd.8', /^$/],
  ['qmail-qmtpd.8', /^$/],
  ['qmail-smtpd.8', /^220 /],
  ['qmail-smtpd.8', /^220 /, 2],
  ['rblsmtpd.1', /^220 /],
  ['recordio.1', /^220 /],
  ['tcpserver.1', /^220 /]
] as [string, RegExp, number?][]) {
  test(`${page}: the server of its example ${n} serves`, PATIENT, async () => {
    const { port, daemon } = await startExample(page, n)
    const said = await firstLine(port, greeting.test(''))
    assert.match(said, greeting, daemon.log())
    await daemon.stop()
  })
}

test('checkpassword refuses who is nobody, with its own exit code', async () => {
  assert.equal((await shell(exampleOf('checkpassword.8').replace('joe', 'nobody-at-all'))).exit, 1)
})

test('checkpassword lets in who is listed in users/authuser', { skip: isRoot ? false : 'needs root' }, async () => {
  const { exit, said } = await shell(exampleOf('checkpassword.8', 2))
  rmSync(home.at('users', 'authuser'))
  assert.deepEqual([exit, said], [0, 'good\n'])
})

test('Maildirs: made, moved into an mbox', async () => {
  const made = await shell(exampleOf('maildir.5'))
  assert.deepEqual([made.exit, existsSync(join(made.cwd, 'Maildir', 'new')), readFileSync(join(made.cwd, '.qmail'), 'latin1')], [0, true, './Maildir/\n'])
  const moved = await shell(exampleOf('maildir2mbox.1'), '', (cwd) => {
    makeMaildir(join(cwd, 'Maildir'))
    writeFileSync(join(cwd, 'Maildir', 'new', '1.a.b'), 'Subject: moved\n\n')
    utimesSync(join(cwd, 'Maildir', 'new', '1.a.b'), 1000, 1000) // not of this very second
    writeFileSync(join(cwd, 'Mailbox'), '')
  })
  assert.equal(moved.exit, 0, moved.said)
  assert.match(readFileSync(join(moved.cwd, 'Mailbox'), 'latin1'), /\nSubject: moved\n/)
  assert.deepEqual(maildir(join(moved.cwd, 'Maildir')), [])
})

test('mailsubj and sendmail queue, sendmail -bv answers', async () => {
  const subject = await shell(exampleOf('mailsubj.1'))
  assert.equal(subject.exit, 0, subject.said)
  const { said } = await shell(exampleOf('sendmail.8'))
  assert.match(said, /^joe@mail\.example\.org\.\.\. .*\nann@example\.net\.\.\. deliverable: mailer remote/)
})

test('printforward and printmaillist print what was compiled', async () => {
  const forward = runProgram(home, 'setforward', { args: [home.at('etc', 'aliases.cdb'), home.at('etc', 'aliases.tmp')], input: 'joe: ann@example.net;\n' })
  assert.equal(forward.exit, 0, forward.stderr)
  assert.match((await shell(exampleOf('printforward.1'))).said, /ann@example\.net/)
  const list = runProgram(home, 'setmaillist', { args: [home.at('etc', 'friends.bin'), home.at('etc', 'friends.tmp')], input: 'ann@example.net\n' })
  assert.equal(list.exit, 0, list.stderr)
  assert.match((await shell(exampleOf('printmaillist.1'))).said, /ann@example\.net/)
})

test('qmail-getpw finds whose an address is; qmail-local -n says what it would do', async () => {
  assert.match((await shell(exampleOf('qmail-getpw.8'))).said, /^(alias|joe) \d+ \d+ \S+ - (joe-)?lists /)
  const { said, exit } = await shell(exampleOf('qmail-local.8'), '', (cwd) => writeFileSync(join(cwd, '.qmail-lists'), '&ann@example.net\n', { mode: 0o600 }))
  assert.deepEqual([exit, /ann@example\.net/.test(said)], [0, true], said)
})

test('qmail-remote delivers to the host it is told', PATIENT, async () => {
  const sink = await smtpSink()
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const { said } = await shell(exampleOf('qmail-remote.8'))
  assert.match(said, /^r.*\nK127\.0\.0\.1 accepted message/, said)
  assert.equal(sink.messages[0]?.to[0], 'joe@example.org')
})

test('qmail-qmqpc hands a message to its server; tcpclient speaks to one', PATIENT, async () => {
  const server = await startServer(home, 'qmail-qmqpd')
  const sent = await shell(exampleOf('qmail-qmqpc.8').replace('192.0.2.25', `127.0.0.1:${server.port}`), '', (cwd) => writeFileSync(join(cwd, 'text'), 'hi\n'))
  assert.equal(sent.exit, 0, sent.said)
  await server.daemon.stop()
  const smtp = await startSmtpd(home)
  const { said } = await shell(exampleOf('tcpclient.1').replace('mail.example.org 25', `127.0.0.1 ${smtp.port}`))
  assert.match(said, /^220 mail\.example\.org/)
  await smtp.daemon.stop()
})

for (const page of ['qmail-start.8', 'splogger.8']) {
  test(`${page}: the suite starts as its example says`, PATIENT, async () => {
    const script = exampleOf(page)
      .replace(/ &$/, '')
      .replace('qmail-start', `${home.at('bin', 'qmail-start')}`)
    const socket = home.at('run', 'send', 'log')
    rmSync(socket, { force: true }) // of the one before
    const daemon = startDaemon(home, '/bin/sh', ['-c', `exec ${script}`], page)
    await until(
      () => `qmail-send to be at work\n${daemon.log()}`,
      () => existsSync(socket)
    )
    assert.equal(await daemon.stop(), 0)
  })
}

test('man finds a page by its name', { skip: spawnSync('man', ['--version']).status === 0 ? false : 'man(1) is not here' }, async () => {
  const { said, exit } = await shell(exampleOf('qmail.7'))
  assert.deepEqual([exit, /qmail-send/.test(said)], [0, true])
})

test('users, settings and mailboxes by their examples', { skip: isRoot ? false : 'mailboxes of another account take root', ...PATIENT }, async () => {
  const alias = suiteUser(home.path, 'alias')
  writeFileSync(home.at('etc', 'passwd'), `root:x:0:0::/root:/bin/sh\nalias:x:${alias.uid}:${alias.gid}::${alias.home}:/bin/false\n`)
  const users = await shell(exampleOf('qmail-pw2u.8'))
  assert.deepEqual([users.exit, existsSync(home.at('users', 'cdb'))], [0, true], users.said)
  mkdirSync(home.at('vmail'))
  chownSync(home.at('vmail'), 64_333, 64_333)
  home.control('virtualuser', `vmail:64333:64333:${home.at('vmail')}\n`)
  const boxes = await shell(exampleOf('qmail-vuser.8'), 'secret\n')
  assert.match(boxes.said, /^joe@example\.org:1G:joe@example\.org,ann@example\.net$/m, boxes.said)
  const settings = await shell(exampleOf('qmail-control.5'))
  assert.deepEqual([settings.exit, readFileSync(home.at('control', 'rcpthosts'), 'latin1')], [0, 'mail.example.org\nexample.org\n'])
})

test('qmail-config and qmail-migrate by their examples', PATIENT, async () => {
  const [, dry = '', client = ''] = exampleOf('qmail-config.8').split('\n') // the first asks
  const shown = await shell(dry)
  assert.deepEqual([shown.exit, /control\/me +mail\.example\.org/.test(shown.said)], [0, true], shown.said)
  const written = await shell(`${client} --force`)
  assert.equal(written.exit, 0, written.said)
  const fixture = join(import.meta.dirname, '..', 'interop', 'migrate', 'exim')
  const migrate = exampleOf('qmail-migrate.8').replaceAll(
    'qmail-migrate',
    `qmail-migrate --force --root ${fixture} --host mail.example.org --rules ${home.path}/etc/tcp.smtp`
  )
  const migrated = await shell(migrate)
  assert.equal(migrated.exit, 0, migrated.said)
  assert.match(migrated.said, /\nWritten\. Next: tcprules /)
})

test('qmail-tlspolicy tells of a domain', async () => {
  const { exit, said } = await shell(exampleOf('qmail-tlspolicy.8'))
  assert.match(said, /find any host named example\.org/)
  assert.equal(exit, 1)
})

test('qmail-tlscert makes a certificate, and is the hook that installs one', async () => {
  const file = home.at('control', 'servercert.pem')
  const made = await shell(exampleOf('qmail-tlscert.8'))
  assert.equal(made.exit, 0, made.said)
  const pair = readFileSync(file)
  rmSync(file)
  const renewed = await shell(`RENEWED_LINEAGE=$HOME\n${exampleOf('qmail-tlscert.8', 2)}`, '', (cwd) => {
    for (const name of ['fullchain.pem', 'privkey.pem']) writeFileSync(join(cwd, name), pair, { mode: 0o600 })
  })
  assert.equal(renewed.exit, 0, renewed.said)
  assert.deepEqual(readFileSync(file), pair)
  rmSync(file)
})

test('every example without output is run here', () => {
  if (!isRoot) for (const example of ['qmail-pw2u.8 1', 'qmail-vuser.8 1', 'qmail-control.5 1', 'checkpassword.8 2']) seen.add(example)
  seen.add('qmail.7 1')
  const all = [...examples].flatMap(([page, found]) => found.map((_, i) => `${page} ${i + 1}`))
  assert.deepEqual(
    all.filter((example) => !seen.has(example)),
    []
  )
})
