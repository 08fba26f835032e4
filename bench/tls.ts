/**
 * `make bench-tls`: messages of 4 kB over 20 SMTP sessions by STARTTLS, connections kept, into Maildirs, through the suite and through Debian's Postfix with the same
 * certificate and cipher; the memory (PSS) of the suite with 1,000 idle sessions inside TLS; how long another session's commands take while passwords are hashed (scrypt).
 * ROUNDS=n (default 5), MESSAGES=n (2000), IDLE=n (1000). Needs root and the packages postfix and openssl.
 */
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRoot, suiteUser } from '../src/os/ids.ts'
import { freePort } from '../test/helpers/free-port.ts'
import { compare } from './compare.ts'
import { DOMAIN, MESSAGE_BYTES, median } from './load.ts'
import { enterNameSpace, startPostfix } from './postfix.ts'
import { FIRST_UID, type Qmail, startQmail } from './qmail.ts'
import { TlsClient } from './tls-client.ts'

const IDLE = Number(process.env.IDLE ?? 1000)
const MESSAGES = Number(process.env.MESSAGES ?? 2000)
const AT_A_TIME = 20
const GUESSERS = 8
const LOGINS_EACH = 5
const USER = `login@${DOMAIN}`
const PASSWORD = 'a long password'
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const certificate = (): string => {
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=mail.${DOMAIN}`, '-keyout', '-']
  const r = spawnSync('openssl', args, { encoding: 'latin1' })
  if (r.status !== 0) throw new Error(`openssl: ${r.stderr}`)
  return r.stdout
}

/** Certificate, logins, and a mailbox with a password. */
const lay =
  (pem: string) =>
  (home: string): void => {
    const file = join(home, 'control', 'servercert.pem')
    writeFileSync(file, pem, { mode: 0o400 })
    if (isRoot()) chownSync(file, suiteUser(home, 'qmailt').uid, suiteUser(home, 'qmailt').gid)
    writeFileSync(join(home, 'control', 'esmtp'), 'PIPELINING\n8BITMIME\nSIZE\n')
    writeFileSync(join(home, 'control', 'checkpassword'), 'checkpassword true\n')
    writeFileSync(join(home, 'control', 'virtualuser'), `b0:${FIRST_UID}:${FIRST_UID}:${join(home, 'homes', 'b0')}\n`)
    mkdirSync(join(home, 'homes', 'b0'), { recursive: true })
    chownSync(join(home, 'homes', 'b0'), FIRST_UID, FIRST_UID)
    const r = spawnSync(join(home, 'bin', 'qmail-vuser'), ['add', USER], { input: `${PASSWORD}\n${PASSWORD}\n`, encoding: 'utf8' })
    if (r.status !== 0) throw new Error(`qmail-vuser: ${r.stderr}${r.stdout}`)
  }

const memory = (qmail: Qmail): string => {
  const list = qmail.pss().filter(({ name }) => ['tcpserver', 'qmail-smtpd', 'qmail-tlsd'].includes(name))
  return `${(list.reduce((sum, p) => sum + p.kilobytes, 0) / 1000).toFixed(0)} MB PSS (${list.map((p) => `${p.name} ${(p.kilobytes / 1000).toFixed(0)}`).join(', ')})`
}

const idleSessions = async (qmail: Qmail): Promise<void> => {
  say(`\nbefore idle sessions: ${memory(qmail)}`)
  const clients: TlsClient[] = []
  while (clients.length < IDLE)
    clients.push(...(await Promise.all(Array.from({ length: Math.min(AT_A_TIME, IDLE - clients.length) }, () => TlsClient.open(qmail.port)))))
  say(`${clients.length} idle sessions inside TLS: ${memory(qmail)}`)
  for (const client of clients) client.close()
}

const quantile = (values: number[], share: number): string =>
  (values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN).toFixed(1)

/** Another session's NOOPs, one after the other, until the work is over. */
const latencies = async (qmail: Qmail, work: Promise<unknown>): Promise<number[]> => {
  const client = await TlsClient.open(qmail.port)
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  const found: number[] = []
  while (!isOver) {
    const start = performance.now()
    await client.ask('NOOP', '250')
    found.push(performance.now() - start)
  }
  await over
  client.close()
  return found
}

const logins = async (qmail: Qmail): Promise<void> => {
  const plain = Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')
  const took: number[] = []
  const logIn = async (): Promise<void> => {
    for (let n = 0; n < LOGINS_EACH; n++) {
      const client = await TlsClient.open(qmail.port)
      const start = performance.now()
      await client.ask(`AUTH PLAIN ${plain}`, '235')
      took.push(performance.now() - start)
      client.close()
    }
  }
  const beside = await latencies(qmail, Promise.all(Array.from({ length: GUESSERS }, logIn)))
  say(
    `${took.length} logins, ${GUESSERS} at a time: ${median(took).toFixed(0)} ms each; NOOP of another session meanwhile: median ${median(beside).toFixed(1)} ms, 99 % below ${quantile(beside, 0.99)} ms, longest ${quantile(beside, 1)} ms`
  )
}

enterNameSpace(import.meta.filename)
const pem = certificate()
const folder = mkdtempSync(join(tmpdir(), 'bench-tls-'))
writeFileSync(join(folder, 'pem'), pem, { mode: 0o600 })
const qmail = await startQmail(await freePort(), IDLE + 100, lay(pem), { SMTPAUTH: '' })
const postfix = startPostfix(await freePort(), `smtpd_tls_security_level = may\nsmtpd_tls_chain_files = ${join(folder, 'pem')}\n`)
try {
  await compare([qmail, ...(postfix ? [postfix] : [])], {
    name: '4 kB by STARTTLS, connection kept',
    messages: MESSAGES,
    bytes: MESSAGE_BYTES,
    perMessage: false,
    isTls: true
  })
  await idleSessions(qmail)
  await logins(qmail)
} finally {
  postfix?.stop()
  await qmail.stop()
  rmSync(folder, { recursive: true, force: true })
}
