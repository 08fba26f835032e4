import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { asked, layChecker, smtpdWith, startAuthd } from '../helpers/auth.ts'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { childrenOf } from '../helpers/proc.ts'
import { startProgram } from '../helpers/start-program.ts'
import { startQueued, until } from '../helpers/suite.ts'

const home = makeHome()
const checker = layChecker(home)
await startQueued(home)
const authd = await startAuthd(home, checker)
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const PLAIN = `AUTH PLAIN ${base64('\0joe\0secret')}\r\n`

/** Runs authclient with this on descriptor 3; its exit code and what it printed. */
const authclient = async (secrets: string, args: string[], env: Record<string, string> = {}): Promise<{ code: unknown; text: string }> => {
  const child = spawn(home.at('bin', 'authclient'), args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: { PATH: '/usr/bin:/bin', ...env } })
  const secret = child.stdio[3]
  if (secret && 'end' in secret) secret.end(Buffer.from(secrets, 'latin1'))
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += String(chunk)
  })
  const [code] = await once(child, 'close')
  return { code, text }
}

test('a right password runs the program, with the environment as it was; a wrong one exits 1', async () => {
  const env = { TCPREMOTEIP: '192.0.2.7', TCPLOCALPORT: '110', FLAVOUR: 'plum' }
  assert.deepEqual(await authclient('joe\0secret\0\0', ['sh', '-c', 'echo $FLAVOUR; exit 7'], env), { code: 7, text: 'plum\n' })
  assert.equal(asked(home).at(-1), 'joe||pop3|192.0.2.7')
  assert.deepEqual(await authclient('joe\0wrong\0\0', ['echo', 'never'], env), { code: 1, text: '' })
  assert.deepEqual(await authclient('joe\0secret\0\0', []), { code: 0, text: '' })
  assert.deepEqual(await authclient('\0t0ken\0oauthbearer\0', [], { SERVICE: 'submission' }), { code: 0, text: '' })
  assert.equal(asked(home).at(-1), '|oauthbearer|submission|')
})

test('what is no login is a misuse, and nobody to ask is temporary', async () => {
  assert.equal((await authclient('joe', [])).code, 2)
  assert.equal((await authclient('busy\0x\0\0', [])).code, 111)
})

test('qmail-smtpd with authclient true asks by itself, in the second gear too; with more to run it does so in a process of its own', async () => {
  home.control('checkpassword', `${checker} true\n`)
  for (const [args, isResident] of [
    [['authclient', 'true'], true],
    [['mail.example.org', home.at('bin', 'authclient')], true],
    [[home.at('bin', 'authclient'), 'sh', '-c', 'exit 0'], false]
  ] as const) {
    const { port, daemon } = await smtpdWith(home, { SMTPAUTH: '' }, ['-w', '1'], [...args])
    const c = client(port)
    c.say(`EHLO c\r\n${PLAIN}`)
    await c.until(/250-AUTH LOGIN PLAIN\r\n250 [^\n]*\n235 /)
    assert.equal(childrenOf(daemon.child.pid).length, isResident ? 1 : 2, args.join(' '))
    await until('the log', () => / id=\d+\n/.test(daemon.log()) === isResident && daemon.log().includes('auth-success'))
    c.socket.destroy()
  }
})

test("others' checkers are run for each attempt, with the connection at descriptor 0; without SMTPAUTH the second gear goes on", async () => {
  rmSync(home.at('control', 'checkpassword'))
  const { port, daemon } = await smtpdWith(home, { SMTPAUTH: '+cram' }, ['-w', '1'], ['mail.example.org', checker, 'true'])
  const c = client(port)
  c.say(`EHLO c\r\nAUTH PLAIN ${base64('\0busy\0x')}\r\n${PLAIN}`)
  await c.until(/250-AUTH LOGIN PLAIN CRAM-MD5\r\n250 [^\n]*\n454 [^\n]*\n235 /)
  await until('the log', () => /auth-success type=plain user=<joe> ip=127\.0\.0\.1\n/.test(daemon.log()))
  const gone = await smtpdWith(home, { SMTPAUTH: '' }, [], ['/nowhere/checker', 'true'])
  const d = client(gone.port)
  d.say(`EHLO c\r\n${PLAIN}`)
  await d.until(/454 oops/)
  const e = client((await smtpdWith(home, {}, ['-w', '1'], [checker, 'true'])).port)
  e.say(`EHLO c\r\n${PLAIN}`)
  await e.until(/503 auth not available/)
})

test('qmail-popup with authclient asks first, and the subprogram has descriptor 3 all the same', async () => {
  home.control('checkpassword', `${checker} true\n`)
  const login = (password: string): Promise<{ stdout: string; exit: unknown }> => {
    const args = ['pop.example', home.at('bin', 'authclient'), 'sh', '-c', "tr '\\0' '|' <&3"]
    return startProgram(home, 'qmail-popup', { args, input: `USER joe\r\nPASS ${password}\r\n`, env: { PATH: '/usr/bin:/bin', TCPREMOTEIP: '192.0.2.9' } })
  }
  assert.match((await login('secret')).stdout, /^\+OK [^\n]*\n\+OK \r\njoe\|secret\|<[\d.]+@pop\.example>\|$/)
  assert.equal(asked(home).at(-1), 'joe||pop3|192.0.2.9')
  assert.match((await login('wrong')).stdout, /\+OK \r\n-ERR authorization failed\r\n$/)
})

test('a qmail-authd that is gone is temporary', async () => {
  home.control('checkpassword', `${checker} true\n`)
  await authd.stop()
  assert.equal((await authclient('joe\0secret\0\0', [])).code, 111)
  const c = client((await smtpdWith(home, { SMTPAUTH: '' }, ['-w', '1'])).port)
  c.say(`EHLO c\r\n${PLAIN}`)
  await c.until(/454 oops, unable to run the checker/)
})
