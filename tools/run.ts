/**
 * `make run`: a private installation in var/qmail below the checkout, the whole suite on 127.0.0.1:2525, one message through sendmail and
 * one through SMTP, both seen arriving; then it serves until interrupted. Nothing outside the checkout is changed. The suite's log goes to
 * var/qmail/log, with V=1 to the terminal, and what arrived is shown too. As root the daemons run under spare numeric uids, otherwise everything runs as you.
 * PORT=n takes another port.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isRoot, suiteUser } from '../src/os/ids.ts'
import { layFresh } from './fresh.ts'
import { assertFits, install } from './install.ts'
import { filled } from './templates.ts'
import { tool } from './tool.ts'

const DOMAIN = 'qmail.example'
const USER = 'you'
const PORT = Number(process.env.PORT ?? 2525)
const READY_SECONDS = 20
const IS_VERBOSE = process.env.V === '1'
/** Set in the second run of this tool, inside a mount name space of its own: where var/qmail is seen there. */
const SEEN_AT = process.env.QMAIL_RUN_SEEN_AT

const checkout = join(import.meta.dirname, '..')
const own = join(checkout, 'var', 'qmail')
const home = SEEN_AT ?? own

const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Can every user get into this folder? Daemons under other uids must. */
const isOpen = (folder: string): boolean => (statSync(folder).mode & 0o001) !== 0 && (folder === '/' || isOpen(dirname(folder)))

/** Can programs be run from there? */
const isUsable = (folder: string): boolean => {
  try {
    assertFits(folder)
    return true
  } catch {
    return false
  }
}

/** A checkout in a closed folder (/root, mktemp -d), or one with blanks or too many letters in its path: the installation is shown to the daemons on /mnt, in a mount name space that only they have. */
const runInNameSpace = (): never => {
  mkdirSync(join(own, 'lib'), { recursive: true })
  const node = join(checkout, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  if (!existsSync(join(own, 'lib', 'node'))) linkSync(node, join(own, 'lib', 'node'))
  const script = 'mount --make-rprivate / && mount --bind "$1" /mnt && exec "$2" "$3"'
  const r = spawnSync('unshare', ['-m', '/bin/sh', '-c', script, 'sh', own, process.execPath, import.meta.filename], {
    stdio: 'inherit',
    env: { ...process.env, QMAIL_RUN_SEEN_AT: '/mnt' }
  })
  if (r.status === 0) process.exit(0)
  say(`make run: the daemons run as other users, from first lines of 254 bytes, and cannot do so in ${checkout}.`)
  say('make run: move the checkout (to /usr/local/src, say), or run make run as an ordinary user.')
  process.exit(1)
}

const lay = (name: string, text: string): void => {
  if (!existsSync(join(home, name))) writeFileSync(join(home, name), text)
}

const configure = (): void => {
  layFresh(home)
  lay('control/me', filled('me', [DOMAIN]))
  for (const name of ['locals', 'rcpthosts'] as const) lay(`control/${name}`, filled(name, [DOMAIN, 'localhost']))
  for (const name of [USER, 'postmaster', 'mailer-daemon', 'root']) lay(`alias/.qmail-${name}`, './Maildir/\n')
  const ids = suiteUser(home, 'alias')
  for (const part of ['', 'tmp', 'new', 'cur']) {
    const folder = join(home, 'alias', 'Maildir', part)
    mkdirSync(folder, { recursive: true })
    if (isRoot()) spawnSync('chown', [`${ids.uid}:${ids.gid}`, folder])
  }
}

const logFile = join(home, 'log')
/** Where the daemons' lines go. */
let log: number | 'inherit' = 'inherit'

const daemons: ChildProcess[] = []
const start = (program: string, ...args: string[]): ChildProcess => {
  const child = spawn(join(home, 'bin', program), args, {
    stdio: ['ignore', log, log],
    env: { PATH: `${join(home, 'bin')}:/usr/local/bin:/usr/bin:/bin` },
    detached: true
  })
  child.on('exit', (code) => void leave(`${program} ended with exit code ${code}`, code === 0 ? 0 : 1))
  daemons.push(child)
  return child
}

let leaving = false
const leave = async (why: string, code: number): Promise<void> => {
  if (leaving) return
  leaving = true
  say(`make run: ${why}; stopped${code === 0 || IS_VERBOSE ? '' : ` (the log, ${logFile.replace(home, own)}, may say more)`}`)
  const running = daemons.filter((d) => d.exitCode === null && d.signalCode === null && d.pid !== undefined)
  const ended = running.map((d) => new Promise((resolve) => d.once('exit', resolve)))
  for (const d of running) d.kill('SIGTERM')
  await Promise.race([Promise.all(ended), delay(READY_SECONDS * 1000)])
  process.exit(code)
}

const waitFor = async (what: string, ready: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + READY_SECONDS * 1000; Date.now() < end; await delay(50)) if (await ready()) return
  throw new Error(`waited ${READY_SECONDS} seconds for ${what}`)
}

const answers = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(PORT, '127.0.0.1')
    socket
      .once('data', () => resolve(true))
      .once('error', () => resolve(false))
      .once('data', () => socket.end('QUIT\r\n'))
  })

/** One message by SMTP, lockstep; shows the conversation's last answer. */
const sendBySmtp = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const lines = ['HELO localhost', `MAIL FROM:<tester@${DOMAIN}>`, `RCPT TO:<${USER}@${DOMAIN}>`, 'DATA', `${text}\r\n.`]
    const socket = createConnection(PORT, '127.0.0.1').on('error', reject)
    socket.on('data', (data) => {
      const answer = data.toString('latin1').trimEnd()
      const line = lines.shift()
      if (!/^[23]/.test(answer)) reject(new Error(answer))
      else if (line !== undefined) socket.write(`${line}\r\n`)
      else socket.end('QUIT\r\n', () => resolve(answer))
    })
  })

const box = join(home, 'alias', 'Maildir', 'new')
const arrived = (subject: string): string | undefined =>
  readdirSync(box)
    .map((name) => join(box, name))
    .find((file) => readFileSync(file, 'latin1').includes(`Subject: ${subject}\n`))

/** Waits for a message; what there is to say of it. */
const arrival = async (how: string, subject: string): Promise<string> => {
  await waitFor(`the message ${how} to arrive`, () => arrived(subject) !== undefined)
  const file = arrived(subject) ?? ''
  return `A message ${how} arrived: ${file.replace(home, own)}${IS_VERBOSE ? `\n${readFileSync(file, 'latin1')}` : ''}`
}

/** How another message is sent. In a mount name space of their own the programs are only seen from within it. */
const tryIt = (): string => {
  const sendmail = `${SEEN_AT === undefined ? '' : `nsenter -m -t ${process.pid} `}${join(home, 'bin', 'sendmail')}`
  return `Send another: printf 'Subject: hello\\n\\nHello.\\n' | ${sendmail} ${USER}@${DOMAIN}`
}

const serve = async (): Promise<void> => {
  if (await answers()) throw new Error(`something serves 127.0.0.1:${PORT} already; take another port with PORT=n`)
  if (!IS_VERBOSE) log = openSync(logFile, 'a', 0o644)
  start('qmail-start', './Maildir/')
  const qmaild = suiteUser(home, 'qmaild')
  const drop = isRoot() ? ['-u', String(qmaild.uid), '-g', String(qmaild.gid)] : []
  start('tcpserver', '-v', '-RH', '-l', DOMAIN, '-w', '2', ...drop, '127.0.0.1', String(PORT), join(home, 'bin', 'qmail-smtpd'))
  await waitFor('the SMTP server', answers)
  const stamp = Date.now()
  const bySendmail = spawnSync(join(home, 'bin', 'sendmail'), ['-t'], {
    input: `To: ${USER}@${DOMAIN}\nSubject: through sendmail ${stamp}\n\nHello from sendmail.\n`
  })
  if (bySendmail.status !== 0) throw new Error(`sendmail failed: ${bySendmail.stderr}`)
  const answer = await sendBySmtp(`Subject: through SMTP ${stamp}\r\n\r\nHello from SMTP.`)
  say(await arrival('through sendmail', `through sendmail ${stamp}`))
  say(await arrival(`by SMTP (the server said: ${answer})`, `through SMTP ${stamp}`))
  say(tryIt())
  if (!IS_VERBOSE) say(`The log is in ${logFile.replace(home, own)}; with V=1 it comes here.`)
  say(`Serving SMTP on 127.0.0.1:${PORT} for ${USER}@${DOMAIN}. Interrupt (Ctrl-C) to stop.`)
}

if (isRoot() && SEEN_AT === undefined) {
  mkdirSync(own, { recursive: true })
  if (!isOpen(own) || !isUsable(own)) runInNameSpace()
}
process.on('SIGINT', () => void leave('interrupted', 0))
process.on('SIGTERM', () => void leave('asked to stop', 0))
tool('make run', () => {
  assertFits(home)
  mkdirSync(home, { recursive: true })
  rmSync(join(home, 'lib', 'ids'), { force: true })
  install(home, isRoot() ? 'private' : 'self')
  configure()
  serve().catch((error: unknown) => leave(error instanceof Error ? error.message : String(error), 1))
})
