import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, makeMaildir, until } from '../helpers/suite.ts'

const missing = ['/usr/sbin/dovecot', '/usr/lib/dovecot/lmtp', '/usr/lib/dovecot/imap-login', '/usr/lib/dovecot/pop3-login'].filter((file) => !existsSync(file))
const skip = missing.length > 0 ? `not installed: ${missing.join(', ')}` : isRoot ? false : "dovecot's accounts take root"
const home = makeHome()
const UID = 64_260

interface Dovecot {
  child: ChildProcess
  socket: string
  imap: number
  pop3: number
  mail: string
}

/** A dovecot of the test's own, on free ports of 127.0.0.1; user joe, password secret, Maildir MAIL/joe. */
const startDovecot = async (): Promise<Dovecot> => {
  const folder = mkdtempSync(join(tmpdir(), 'qmdv-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  const [imap, pop3, mail] = [await freePort(), await freePort(), join(folder, 'mail')]
  for (const part of [mail, join(mail, 'joe')]) {
    mkdirSync(part)
    chownSync(part, UID, UID)
  }
  makeMaildir(join(mail, 'joe/Maildir'))
  spawnSync('chown', ['-R', `${UID}:${UID}`, mail])
  writeFileSync(join(folder, 'passwd'), `joe:{PLAIN}secret:${UID}:${UID}::${mail}/joe::\n`)
  writeFileSync(
    join(folder, 'conf'),
    `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1000
mail_location = maildir:~/Maildir
auth_username_format = %n
postmaster_address = postmaster@ex.org
passdb {
  driver = passwd-file
  args = ${folder}/passwd
}
userdb {
  driver = passwd-file
  args = ${folder}/passwd
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3}
  }
  inet_listener pop3s {
    port = 0
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
}
`
  )
  const child = spawn('/usr/sbin/dovecot', ['-F', '-c', join(folder, 'conf')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const socket = join(folder, 'run/lmtp')
  await until('dovecot', () => existsSync(socket))
  return { child, socket, imap, pop3, mail: join(mail, 'joe/Maildir') }
}

/** Says these lines one after another, each after an answer that matches; all that was heard. */
const talk = (port: number, steps: [RegExp, string][]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    let [heard, fresh] = ['', '']
    socket.on('error', reject)
    socket.setTimeout(30_000, () => reject(new Error(`silent after: ${heard}`)))
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      fresh += data.toString('latin1')
      const [expected, line] = steps[0] ?? [/$^/, '']
      if (!expected.test(fresh)) return
      steps.shift()
      fresh = ''
      socket.write(`${line}\r\n`)
    })
    socket.on('close', () => resolve(heard))
  })

test('dovecot takes mail by LMTP, and shows what it and we wrote by IMAP and POP3', { skip }, async () => {
  const dovecot = await startDovecot()
  const deliver = (defaultdelivery: string, subject: string, user = 'joe') =>
    runProgram(home, 'qmail-local', {
      args: ['--', user, join(dovecot.mail, '..'), user, '', '', 'ex.org', 'ann@far.example', defaultdelivery],
      fds: { 0: `From: ann@far.example\nSubject: ${subject}\n\nFrom the body\n.dot\n` },
      env: { PATH: `${home.at('bin')}:/usr/bin:/bin` },
      uid: UID,
      gid: UID
    })
  const taken = deliver(`|lmtp ${dovecot.socket}`, 'by lmtp')
  assert.equal(taken.exit, 0, taken.stderr)
  assert.match(taken.stdout, /^lmtp: 250 2\.0\.0 .*\ndid 0\+0\+1\n$/)
  const refused = deliver(`|lmtp ${dovecot.socket} nobody@ex.org`, 'nobody')
  assert.equal(refused.exit, 100)
  assert.match(refused.stderr, /lmtp: fatal: LMTP server refused the recipient: 550 5\.1\.1/)
  assert.equal(deliver('./Maildir/', 'by maildir').exit, 0)
  assert.match(maildir(dovecot.mail).find((text) => text.includes('by lmtp')) ?? '', /From the body\n\.dot\n$/)
  const imap = await talk(dovecot.imap, [
    [/^\* OK/, 'a login joe secret'],
    [/^a OK/m, 'b select inbox'],
    [/^b OK/m, 'c fetch 1:* (body.peek[header.fields (subject)])'],
    [/^c OK/m, 'd logout']
  ])
  assert.deepEqual(imap.match(/^Subject: .*/gm)?.toSorted(), ['Subject: by lmtp', 'Subject: by maildir'])
  const pop3 = await talk(dovecot.pop3, [
    [/^\+OK/, 'USER joe'],
    [/^\+OK/, 'PASS secret'],
    [/^\+OK/, 'RETR 1'],
    [/^\.\r\n/m, 'RETR 2'],
    [/^\.\r\n/m, 'QUIT']
  ])
  assert.deepEqual(pop3.match(/^Subject: .*/gm)?.toSorted(), ['Subject: by lmtp', 'Subject: by maildir'])
})

test('a server that is away defers', { skip }, () => {
  const box = mkdtempSync(join(tmpdir(), 'qmdw-'))
  after(() => rmSync(box, { recursive: true, force: true }))
  const r = runProgram(home, 'qmail-local', {
    args: ['--', 'joe', box, 'joe', '', '', 'ex.org', 's@h', `|lmtp ${box}/none`],
    fds: { 0: 'x\n' },
    env: { PATH: `${home.at('bin')}:/usr/bin:/bin` }
  })
  assert.equal(r.exit, 111)
})
