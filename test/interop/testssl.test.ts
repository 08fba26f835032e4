import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { selfSigned } from '../helpers/certificate.ts'
import { makeHome } from '../helpers/home.ts'
import { isFull } from '../helpers/hostile.ts'
import { startQueued, startSmtpd, until } from '../helpers/suite.ts'
import { layCertificate, output } from '../helpers/tls.ts'
import { PATIENT } from '../helpers/wait.ts'

const skip = spawnSync('which', ['testssl']).status === 0 ? false : 'testssl (the Debian package testssl.sh) is not installed'

/** One finding of testssl's JSON. */
interface Finding {
  id: string
  severity: string
  finding: string
}
/** Nothing is to be worse than LOW. */
const HARMLESS = ['OK', 'INFO', 'DEBUG', 'LOW']

/** What is ours to choose: protocols, categories of ciphers, forward secrecy, renegotiation. */
const OURS = ['-p', '-s', '-f', '-R']
/** And what the runtime's OpenSSL answers for: Heartbleed, CCS, Ticketbleed, ROBOT, CRIME, POODLE, fallback, DROWN, Logjam. */
const ALL = [...OURS, '-H', '-I', '-T', '-BB', '-C', '-O', '-Z', '-D', '-J']
/** `make hostile` looks for all at both doors. Each look costs the machine a minute, so in `make test` it is one look at one door; that both take the same is in smtpd-tls.test.ts. */
const DOORS = [
  ['STARTTLS', {}, ['-t', 'smtp']],
  ['TLS at once, as on port 465,', { SMTPS: '1' }, []]
] as const
/** What a look must have come to, or it was none. */
const MUST_BE_THERE = [
  ...['TLS1_2', 'TLS1_3', 'SSLv3', 'cipherlist_NULL', 'PFS', 'secure_renego'],
  ...(isFull ? ['heartbleed', 'CCS', 'ROBOT', 'POODLE_SSL', 'LOGJAM'] : [])
]

const home = makeHome()

/** What is not the server's: testssl says it of its openssl. */
const NOT_OURS = ['engine_problem']

/** What testssl has against the server at this port, as `severity id: finding`. */
const found = async (port: number, args: readonly string[]): Promise<{ all: Finding[]; bad: string[] }> => {
  const file = home.at(`testssl-${port}.json`)
  const common = ['--quiet', '--color', '0', '--warnings', 'batch', '--nodns', 'none', '--ip', '127.0.0.1', '--jsonfile', file]
  const { text } = await output('testssl', [...common, ...args, `localhost:${port}`])
  assert.ok(existsSync(file), text)
  const all = JSON.parse(readFileSync(file, 'utf8')) as Finding[]
  rmSync(file)
  return {
    all,
    bad: all
      .filter(({ severity, id }) => !HARMLESS.includes(severity) && !NOT_OURS.includes(id))
      .map(({ severity, id, finding }) => `${severity} ${id}: ${finding}`)
  }
}

for (const [name, env, args] of isFull ? DOORS : DOORS.slice(0, 1)) {
  test(`testssl finds nothing worse than LOW in ${name}`, { ...PATIENT, skip }, async () => {
    layCertificate(home, selfSigned(['localhost']))
    if (!existsSync(home.at('run', 'send', 'socket'))) await startQueued(home)
    const { port, daemon } = await startSmtpd(home, ['-w', '1', '-c', '100'], env)
    await until('the workers', () => /status: 0\/100/.test(daemon.log()))
    const { all, bad } = await found(port, [...args, ...(isFull ? ALL : OURS)])
    assert.deepEqual(bad, [])
    const ids = new Set(all.map(({ id }) => id))
    assert.deepEqual(
      MUST_BE_THERE.filter((id) => !ids.has(id)),
      []
    )
    await daemon.stop()
  })
}
