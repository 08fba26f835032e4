import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { hashPassword } from '../../src/users/password.ts'
import { client } from '../helpers/dialogue.ts'
import { freePort } from '../helpers/free-port.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { startDaemon, until } from '../helpers/suite.ts'

const needsRoot = isRoot ? false : 'needs root'
const home = makeHome()
const scratch = mkdtempSync(join(tmpdir(), 'qm-pop-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const UID = 64_994
const box = join(scratch, 'example.org', 'joe', 'Maildir')
const MESSAGES = ['Subject: one\n\nfirst\n', 'Subject: two\n\n.dot\n\nlast\n', 'Subject: three\n\nthird\n']

/** Lays the mailbox afresh. */
const lay = (): void => {
  rmSync(box, { recursive: true, force: true })
  for (const folder of ['new', 'cur', 'tmp']) mkdirSync(join(box, folder), { recursive: true })
  for (const [i, text] of MESSAGES.entries()) {
    const file = join(box, i === 1 ? `cur/m${i}:2,S` : `new/m${i}`)
    writeFileSync(file, text)
    utimesSync(file, 1_000_000_000 + i, 1_000_000_000 + i)
  }
  spawnSync('chown', ['-R', `${UID}:${UID}`, scratch])
  spawnSync('chmod', ['755', scratch])
}

/** qmail-popup, a checker and qmail-pop3d below tcpserver, until the test ends; the port. */
const serve = async (checker = home.at('bin', 'checkpassword')): Promise<number> => {
  home.control('virtualuser', `vmail:${UID}:${UID}:${scratch}\n`)
  home.control('pop3capa', 'TOP\nUSER\nUIDL\nPIPELINING\n')
  writeFileSync(home.at('users', 'virtual'), `joe@example.org:${hashPassword('secret pass')}::\n`)
  const port = await freePort()
  const chain = ['qmail-popup', 'pop.example.org', checker, home.at('bin', 'qmail-pop3d'), 'Maildir']
  const daemon = startDaemon(home, 'tcpserver', ['-v', '-RHl0', '127.0.0.1', String(port), ...chain], `pop3-${port}`)
  await until('tcpserver to listen', () => /status: 0\//.test(daemon.log()))
  return port
}
const files = (): string[] => ['new', 'cur'].flatMap((folder) => readdirSync(join(box, folder)).map((name) => `${folder}/${name}`)).sort()

/** Somebody's checkpassword: it keeps the password in clear, so that it can judge APOP, which curl prefers wherever a greeting allows it. */
const APOP_CHECKER = `#!/bin/sh
IFS='|' read -r name digest stamp <<EOF
$(tr '\\0' '|' <&3)
EOF
test "$name" = joe || exit 1
test "$digest" = "$(printf '%s%s' "\${stamp%|}" 'secret pass' | md5sum | cut -d' ' -f1)" || exit 1
cd ${join(scratch, 'example.org', 'joe')} || exit 111
exec setpriv --reuid=${UID} --regid=${UID} --clear-groups "$@"
`

test("curl lists, fetches and deletes, by APOP and somebody else's checkpassword", {
  skip: needsRoot || (existsSync('/usr/bin/curl') ? false : 'needs curl')
}, async () => {
  lay()
  const checker = join(scratch, 'apop-checker')
  writeFileSync(checker, APOP_CHECKER, { mode: 0o755 })
  const port = await serve(checker)
  const curl = (path: string, ...args: string[]): string => {
    const r = spawnSync('/usr/bin/curl', ['-sS', '-u', 'joe:secret pass', `pop3://127.0.0.1:${port}/${path}`, ...args], { timeout: 120_000 })
    assert.equal(r.stderr.toString(), '')
    return r.stdout.toString()
  }
  assert.equal(curl(''), '1 20\r\n2 25\r\n3 22\r\n')
  assert.equal(curl('2'), 'Subject: two\r\n\r\n.dot\r\n\r\nlast\r\n\r\n')
  curl('1', '-l', '-X', 'DELE')
  assert.deepEqual(files(), ['cur/m1:2,S', 'cur/m2:2,'])
})

const POPLIB = `
import poplib, sys
p = poplib.POP3('127.0.0.1', int(sys.argv[1]), timeout=60)
print(sorted(p.capa()))
p.user('joe@example.org'); p.pass_('secret pass')
print(p.stat(), p.list()[1], p.uidl()[1], p.uidl(2))
print(p.top(3, 0)[1], p.retr(2)[1])
p.dele(1); p.rset(); p.dele(3); p.noop()
print(p.quit())
`

test("Python's poplib does all it can", { skip: needsRoot || (existsSync('/usr/bin/python3') ? false : 'needs python3') }, async () => {
  lay()
  const port = await serve()
  const r = spawnSync('python3', ['-c', POPLIB, String(port)], { timeout: 120_000 })
  assert.equal(r.stderr.toString(), '')
  assert.equal(
    r.stdout.toString(),
    `['PIPELINING', 'TOP', 'UIDL', 'USER']
(3, 67) [b'1 20', b'2 25', b'3 22'] [b'1 m0', b'2 m1', b'3 m2'] b'+OK 2 m1'
[b'Subject: three', b'', b''] [b'Subject: two', b'', b'.dot', b'', b'last', b'']
b'+OK '
`
  )
  assert.deepEqual(files(), ['cur/m0:2,', 'cur/m1:2,S'])
})

test('a mail reader that asks CAPA first, and pipelines', { skip: needsRoot }, async () => {
  lay()
  const c = client(await serve())
  await c.until(/^\+OK <.*>\r\n/)
  c.say('CAPA\r\n')
  await c.until(/UIDL\r\nPIPELINING\r\n\.\r\n/)
  c.say('USER joe@example.org\r\n')
  await c.until(/\.\r\n\+OK \r\n/)
  c.say('PASS secret pass\r\nCAPA\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nQUIT\r\n')
  assert.match(
    await c.closed(),
    /PIPELINING\r\n\.\r\n\+OK 3 67\r\n\+OK \r\n1 20\r\n.*3 m2\r\n\.\r\n\+OK \r\nSubject: one\r\n\r\nfirst\r\n\r\n\.\r\n\+OK \r\n$/s
  )
})

const DOVECOT = (port: number): string => `
base_dir = ${scratch}/run
state_dir = ${scratch}/state
log_path = ${scratch}/dovecot.log
protocols = pop3
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${box}
pop3_uidl_format = %f
first_valid_uid = ${UID}
first_valid_gid = ${UID}
service pop3-login {
  inet_listener pop3 {
    address = 127.0.0.1
    port = ${port}
  }
  inet_listener pop3s {
    port = 0
  }
}
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=${UID} gid=${UID} home=${scratch}/home
}
`

const CONVERSE = `
import poplib, sys, json
port, user, password, remove = int(sys.argv[1]), 'joe@example.org', sys.argv[2], sys.argv[3]
p = poplib.POP3('127.0.0.1', port, timeout=60)
p.user(user); p.pass_(password)
uids = [line.split()[1].decode() for line in p.uidl()[1]]
texts = [b'\\n'.join(p.retr(i + 1)[1]).decode().rstrip('\\n') for i in range(len(uids))]
if remove: p.dele(uids.index(remove) + 1)
p.quit()
print(json.dumps({'uids': uids, 'texts': texts}))
`

/** One conversation with any POP3 server: the names, and the messages without empty lines at their ends; and perhaps a deletion. */
const converse = async (port: number, password: string, remove = ''): Promise<{ uids: string[]; texts: string[] }> => {
  const r = spawnSync('python3', ['-c', CONVERSE, String(port), password, remove], { timeout: 120_000 })
  assert.equal(r.stderr.toString(), '')
  return JSON.parse(r.stdout.toString()) as { uids: string[]; texts: string[] }
}

test('dovecot beside ours on one Maildir: the same names and messages, and each sees what the other did', {
  skip: needsRoot || (existsSync('/usr/lib/dovecot/pop3-login') ? false : 'needs the Debian package dovecot-pop3d')
}, async () => {
  lay()
  const [ours, theirs] = [await serve(), await freePort()]
  mkdirSync(join(scratch, 'home'), { recursive: true })
  spawnSync('chown', [`${UID}:${UID}`, join(scratch, 'home')])
  writeFileSync(join(scratch, 'dovecot.conf'), DOVECOT(theirs))
  const dovecot = spawn('/usr/sbin/dovecot', ['-F', '-c', join(scratch, 'dovecot.conf')], { stdio: 'ignore' })
  after(() => dovecot.kill())
  const { connect } = await import('node:net')
  const listens = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(theirs, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
  for (const end = Date.now() + 30_000; !(await listens()); ) assert.ok(Date.now() < end, 'dovecot does not listen')
  const [a, b] = [await converse(ours, 'secret pass'), await converse(theirs, 'secret')]
  assert.deepEqual(a.uids, ['m0', 'm1', 'm2'])
  assert.deepEqual(b, a)
  await converse(theirs, 'secret', 'm1')
  assert.deepEqual((await converse(ours, 'secret pass', 'm0')).uids, ['m0', 'm2'])
  assert.deepEqual(await converse(theirs, 'secret'), await converse(ours, 'secret pass'))
  assert.deepEqual((await converse(theirs, 'secret')).uids, ['m2'])
})
