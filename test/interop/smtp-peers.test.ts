import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { hasPostfix, startPostfix } from '../helpers/postfix.ts'
import { smtpSend } from '../helpers/smtp.ts'
import { startProgram } from '../helpers/start-program.ts'
import { maildir, makeMaildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'

const path = `${process.env.PATH}:/usr/sbin`
const missing = (tool: string): string | false => (spawnSync('which', [tool], { env: { PATH: path } }).status === 0 ? false : `${tool} is not installed`)

const home = makeHome()
home.control('locals', 'ours.example\n')
home.control('rcpthosts', 'ours.example\n')
makeMaildir(home.at('alias', 'Maildir'))
spawnSync('chown', ['-R', '--reference', home.at('alias'), home.at('alias', 'Maildir')])
writeFileSync(home.at('alias', '.qmail-default'), './Maildir/\n')
await startSuite(home)
const gears = { first: (await startSmtpd(home)).port, second: (await startSmtpd(home, ['-w', '1'])).port }
/** Messages that have arrived with this subject. */
const arrived = (subject: string): string[] => maildir(home.at('alias', 'Maildir')).filter((text) => text.includes(`\nSubject: ${subject}\n`))
const modes = { classic: undefined, modern: 'PIPELINING\nSIZE\n8BITMIME\nENHANCEDSTATUSCODES\nHELP\n' }
const setMode = (mode: keyof typeof modes): void => home.control('esmtp', modes[mode] ?? 'PIPELINING\n8BITMIME\n')

/** Runs another's client to its end; what it said. */
const run = async (program: string, args: string[], input = ''): Promise<string> => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: path } })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString('latin1')))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  assert.equal(code, 0, text)
  return text
}

const PYTHON = `import smtplib, sys
s = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))
s.ehlo('python.example')
refused = s.sendmail('p@python.example', ['a@ours.example', 'b@there.example'], 'Subject: %s\\r\\n\\r\\n.dot\\r\\nx\\r\\n' % sys.argv[2])
assert list(refused) == ['b@there.example'] and refused['b@there.example'][0] == 553, refused
assert s.verify('a')[0] == 252 and s.docmd('EXPN', 'a')[0] == 502 and s.noop()[0] == 250
try:
    s.sendmail('p@python.example', ['b@there.example'], 'x')
    sys.exit(1)
except smtplib.SMTPRecipientsRefused: pass
s.quit()
`

for (const [gear, port] of Object.entries(gears)) {
  for (const mode of ['classic', 'modern'] as const) {
    const subject = `${gear}-${mode}`
    test(`Python's smtplib sends through the ${gear} gear, ${mode}`, { skip: missing('python3') }, async () => {
      setMode(mode)
      await run('python3', ['-c', PYTHON, String(port), `python-${subject}`])
      await until('the message', () => arrived(`python-${subject}`).length === 1)
      assert.match(arrived(`python-${subject}`)[0] ?? '', /\n\n\.dot\nx\n$/)
    })

    test(`curl sends through the ${gear} gear, ${mode}`, { skip: missing('curl') }, async () => {
      setMode(mode)
      const args = ['-sS', '--url', `smtp://127.0.0.1:${port}/curl.example`, '--mail-from', 'c@curl.example', '--mail-rcpt', 'a@ours.example', '-T', '-']
      await run('curl', args, `Subject: curl-${subject}\r\n\r\n.x\r\n`)
      await until('the message', () => arrived(`curl-${subject}`).length === 1)
    })
  }
}

test('smtp-sink takes what qmail-remote sends, in the old way and with pipelining', { skip: missing('smtp-sink') }, async () => {
  for (const mode of ['none', 'modern'] as const) {
    const port = await freePort()
    const sink = spawn('smtp-sink', ['-v', ...(isRoot ? ['-u', 'nobody'] : []), `127.0.0.1:${port}`, '10'], {
      env: { PATH: path },
      stdio: ['ignore', 'ignore', 'pipe']
    })
    after(() => sink.kill())
    let log = ''
    sink.stderr.on('data', (data: Buffer) => (log += data.toString('latin1')))
    if (mode === 'modern') setMode('modern')
    else spawnSync('rm', ['-f', home.at('control', 'esmtp')])
    home.control('smtproutes', `:127.0.0.1:${port}\n`)
    const recipients = Array.from({ length: 120 }, (_, n) => `r${n}@x`)
    writeFileSync(home.at('message'), `Subject: x\n\n${'.line\n'.repeat(5000)}`)
    let reports = ''
    for (let n = 0; n < 100 && (n === 0 || reports.includes('#4.4.1')); n++) {
      // it listens a moment after it has been started
      reports = (await startProgram(home, 'qmail-remote', { args: ['x', 's@x', ...recipients], inputFile: home.at('message') })).stdout
    }
    assert.match(reports, /^(r\0){120}K127\.0\.0\.1 accepted message\./, log)
    sink.kill()
  }
})

test("Debian's Postfix takes mail from us and sends mail to us", { skip: hasPostfix ? false : 'Postfix, or root to start it, is not here' }, async () => {
  const port = await freePort()
  const postfix = startPostfix(port, gears.second)
  for (const mode of ['none', 'modern'] as const) {
    if (mode === 'modern') setMode('modern')
    else spawnSync('rm', ['-f', home.at('control', 'esmtp')])
    home.control('smtproutes', `:127.0.0.1:${port}\n`)
    writeFileSync(home.at('message'), `Subject: to-postfix-${mode}\n\n.dot\n\xe9\n`, 'latin1')
    const args = ['postfix.example', 's@ours.example', 'u1@postfix.example', 'nobody@postfix.example']
    const { stdout } = await startProgram(home, 'qmail-remote', { args, inputFile: home.at('message') })
    assert.match(
      stdout,
      /^r\0h127\.0\.0\.1 does not like recipient\.\nRemote host said: 550 5\.1\.1 [\s\S]*\0K127\.0\.0\.1 accepted message\.\n(TLS: none\.\n)?Remote host said: 250 2\.0\.0 Ok/,
      postfix.log()
    )
    await until('it in the Maildir', () =>
      postfix.mail('u1').some((text) => text.includes(`Subject: to-postfix-${mode}\n`) && text.includes('\n\n.dot\n\xe9\n'))
    )
    await smtpSend(port, 'p@postfix.example', ['a@ours.example', 'b@ours.example'], `Subject: from-postfix-${mode}\n\n.dot\n`)
    await until('it here', () => arrived(`from-postfix-${mode}`).length === 2 || /status=(bounced|deferred).*/.exec(postfix.log())?.[0])
    assert.equal(arrived(`from-postfix-${mode}`).length, 2, postfix.log())
  }
})
