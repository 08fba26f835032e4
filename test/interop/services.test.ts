import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { suiteUser } from '../../src/os/ids.ts'
import { freePort } from '../helpers/free-port.ts'
import { isRoot, makeHomeWithPages } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { type Daemon, maildir, startDaemon, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'
import { PATIENT } from '../helpers/wait.ts'

// The scripts of service/, as an installation has them, each started as a supervisor does.

const skip = isRoot ? false : 'the scripts give up root'
const home = makeHomeWithPages()
const [joe] = makeUsers(home, ['joe'])
const DOMAIN = 'local.example'
const services = readdirSync(home.at('service', 'daemontools'))
home.control('locals', `${DOMAIN}\n`)
home.control('defaultdelivery', '# for everybody\n|cat > seen\n./Maildir/\n')
const box = joe?.maildir() ?? ''
home.control('concurrencyincoming', '7\n')

/** A script that listens on 127.0.0.1, with the spare numbers of this installation's accounts. */
const script = (name: string): string => {
  const { uid, gid } = suiteUser(home.path, 'qmaild')
  const text = readFileSync(home.at('service', 'daemontools', name, 'run'), 'latin1')
  assert.ok(text.includes(`\nPREFIX=${home.path}\n`))
  const path = home.at(`run-${name}`)
  writeFileSync(path, text.replace('$(id -u qmaild)', String(uid)).replace('$(id -g qmaild)', String(gid)).replace('  0 "$PORT"', '  127.0.0.1 "$PORT"'), {
    mode: 0o755
  })
  return path
}
const start = async (name: string, rules = home.at('no-rules')): Promise<{ daemon: Daemon; port: number }> => {
  const port = await freePort()
  const daemon = startDaemon(home, '/usr/bin/env', [`PORT=${port}`, `RULES=${rules}`, script(name)], name)
  return { daemon, port }
}
const listening = (daemon: Daemon): Promise<unknown> =>
  until(
    () => `tcpserver to listen\n${daemon.log()}`,
    () => daemon.log().includes('tcpserver: status: 0/7\n')
  )
/** Says this to the server; all that it says until it closes, or until `end` of it. */
const talk = (port: number, text: string, end: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    const socket = connect(port, '127.0.0.1').on('error', reject)
    socket.write(text)
    socket.on('data', (data) => {
      said += data.toString('latin1')
      if (end.test(said)) socket.destroy()
    })
    socket.on('close', () => resolve(said))
  })

test('qmail-smtpd and qmail-send by their scripts: the settings count, and Received has a proper name', { skip, ...PATIENT }, async () => {
  home.control('rcpthosts', `${DOMAIN}\n`)
  const send = startDaemon(home, script('qmail-send'), [], 'send')
  await until('qmail-send to be at work', () => /status: local 0\/\d+ remote 0\/\d+\n/.test(send.log()))
  const { daemon, port } = await start('qmail-smtpd')
  await listening(daemon)
  const lines = ['HELO x', 'MAIL FROM:<a@far.example>', `RCPT TO:<joe@${DOMAIN}>`, 'DATA', 'Subject: served\r\n\r\nhi\r\n.', 'QUIT', '']
  const said = await talk(port, lines.join('\r\n'), /\n221 /)
  assert.match(said, /^220 mail\.example\.org[\s\S]*\n250 ok \d+ qp \d+\r\n221 /)
  const [text = ''] = await until(
    () => `the mail\n${send.log()}`,
    () => maildir(box).length === 1 && maildir(box)
  )
  assert.match(text, /^\s*by mail\.example\.org with SMTP/m)
  assert.ok(readFileSync(join(box, '..', 'seen'), 'latin1').includes('Subject: served'), 'the whole of control/defaultdelivery is followed')
  assert.equal(await send.stop(), 0)
  await daemon.stop()
})

test('qmail-qmtpd by its script takes mail for rcpthosts', { skip, ...PATIENT }, async () => {
  const suite = await startSuite(home)
  const { daemon, port } = await start('qmail-qmtpd')
  await listening(daemon)
  const netstring = (text: string): string => `${text.length}:${text},`
  const said = await talk(port, netstring('\nSubject: by QMTP\n\nhi\n') + netstring('a@far.example') + netstring(netstring(`joe@${DOMAIN}`)), /,$/)
  assert.match(said, /^\d+:Kok \d+ qp \d+,$/)
  await until('the mail', () => maildir(box).some((text) => text.includes('by QMTP')))
  await daemon.stop()
  assert.equal(await suite.stop(), 0)
})

test('without rules qmail-qmqpd does not start; with rules it takes the mail of those they let in', { skip, ...PATIENT }, async () => {
  const refused = await start('qmail-qmqpd')
  await until('the refusal', () => /: refusing to start for everybody\n/.test(refused.daemon.log()))
  await refused.daemon.stop('SIGKILL')
  const suite = await startSuite(home)
  const made = runProgram(home, 'tcprules', { args: [home.at('rules.cdb'), home.at('rules.tmp')], input: '127.0.0.1:allow\n:deny\n' })
  assert.equal(made.exit, 0, made.stderr)
  const { daemon, port } = await start('qmail-qmqpd', home.at('rules.cdb'))
  await listening(daemon)
  home.control('qmqpservers', `127.0.0.1:${port}\n`)
  const sent = runProgram(home, 'qmail-qmqpc', { fds: { 0: 'Subject: by QMQP\n\nhi\n', 1: `Fa@far.example\0Tjoe@${DOMAIN}\0\0` } })
  assert.deepEqual([sent.exit, sent.stderr], [0, ''])
  await until('the mail', () => maildir(box).some((text) => text.includes('by QMQP')))
  await daemon.stop()
  assert.equal(await suite.stop(), 0)
})

test('qmail-pop3d by its script greets, and refuses who is nobody', { skip, ...PATIENT }, async () => {
  const { daemon, port } = await start('qmail-pop3d')
  await listening(daemon)
  const said = await talk(port, 'USER nobody-at-all\r\nPASS wrong\r\n', /\n-ERR /)
  assert.match(said, /^\+OK <\d+\.\d+@mail\.example\.org>\r\n\+OK[^\n]*\n-ERR authorization failed\r\n/)
  await daemon.stop()
})

test('all supervisors have the same services, and run the same scripts', () => {
  assert.deepEqual(services.toSorted(), ['qmail-pop3d', 'qmail-qmqpd', 'qmail-qmtpd', 'qmail-send', 'qmail-smtpd'])
  assert.deepEqual(readdirSync(home.at('service', 'systemd')).toSorted(), services.map((name) => `${name}.service`).toSorted())
  const read = (...parts: string[]): string => readFileSync(home.at('service', ...parts), 'latin1')
  for (const name of services) {
    assert.equal(read('runit', name, 'run'), read('daemontools', name, 'run'))
    assert.ok(read('systemd', `${name}.service`).includes(`\nExecStart=/bin/sh ${home.at('service', 'daemontools', name, 'run')}\n`))
    const folder = (supervisor: string): string => /\/var\/log\/qmail\/\w+/.exec(read(supervisor, name, 'log', 'run'))?.[0] ?? ''
    assert.equal(folder('runit'), folder('daemontools'))
    assert.notEqual(folder('runit'), '')
  }
})
