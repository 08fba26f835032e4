import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const script = (name: string, text: string): string => {
  writeFileSync(home.at(name), `#!/bin/sh\n${text}\n`)
  chmodSync(home.at(name), 0o755)
  return home.at(name)
}
const queue = script('qq', `cat > ${home.at('message')}\ncat <&1 > ${home.at('envelope')}\necho "$SEEN" > ${home.at('seen')}`)
const smtpd = (input: string, env: Record<string, string>): string[] =>
  runProgram(home, 'qmail-smtpd', { input: input.replaceAll('\n', '\r\n'), env: { QMAILQUEUE: queue, TCPREMOTEIP: '192.0.2.1', ...env } }).stdout.split('\r\n')
const kept = (name: string): string => (existsSync(home.at(name)) ? readFileSync(home.at(name), 'latin1') : '')
const MAIL = 'HELO me\nMAIL FROM:<s@x>\nRCPT TO:<r@y>\nDATA\nhi\n.\nQUIT\n'
const plugins = (text: string, input = MAIL, env: Record<string, string> = {}): string[] => {
  home.control('smtpplugins', text)
  return smtpd(input, { ENABLE_SPP: '', ...env })
}

test('without $ENABLE_SPP there are no plug-ins; with it, and without their list, nothing works', () => {
  home.control('smtpplugins', '[rcpt]\n:echo Eno\n')
  assert.match(smtpd(MAIL, {})[3] ?? '', /^250/)
  assert.deepEqual(smtpd(MAIL, { ENABLE_SPP: '', SPPCONFFILE: home.at('nothing') }), ['421 unable to read controls (#4.3.0)', ''])
})

test('each command has its plug-ins, which see the session in their environment and fail a command with a text of their own', () => {
  for (const [section, at] of [
    ['helo', 1],
    ['mail', 2],
    ['rcpt', 3],
    ['data', 4]
  ] as const) {
    // biome-ignore format: one line
    const said = plugins(`[${section}]\n:echo "E550 $SMTPHELOHOST $SMTPMAILFROM $SMTPRCPTTO $SMTPRCPTHOSTSOK $SMTPRCPTCOUNT $TCPREMOTEIP"\n`)
    assert.match(said[at] ?? '', /^550 me .*192\.0\.2\.1$/, section)
  }
  assert.equal(plugins('[rcpt]\n:echo "E550 $SMTPMAILFROM $SMTPRCPTTO $SMTPRCPTHOSTSOK $SMTPRCPTCOUNT"\n')[3], '550 s@x r@y 1 0')
})

test('a plug-in may end the session, with a word or without, at the connection too', () => {
  assert.deepEqual(plugins('[rcpt]\n:echo D\n').slice(3), [''])
  assert.deepEqual(plugins('[mail]\n:echo R421 go\n').slice(2), ['421 go', ''])
  assert.deepEqual(plugins('[connection]\n:echo E554 no\n'), ['554 no', ''])
  assert.match(plugins('[connection]\n:true\n')[0] ?? '', /^220 /)
})

test('plug-ins accept, pass, skip the checks, print, delay, replace addresses, add headers, set and unset variables', () => {
  home.control('badmailfrom', 's@x\n')
  assert.match(plugins('[rcpt]\n:echo N\n:echo E550 never asked\n')[3] ?? '', /^553 .*badmailfrom/)
  assert.equal(plugins('[rcpt]\n:echo O\n:echo E550 never asked\n')[3], '250 ok')
  home.control('badmailfrom', '')
  assert.equal(plugins('[helo]\n:echo A\n[mail]\n:echo E550 off\n')[2], '250 ok')
  assert.deepEqual(plugins('[mail]\n:echo P250-hello\n').slice(2, 4), ['250-hello', '250 ok'])
  assert.equal(plugins('[helo]\n:echo LR451 later\n')[3], '451 later')
  plugins('[mail]\n:echo Cnew@s\n[rcpt]\n:echo "Ca b@y"; echo HX-Note: 1; echo SSEEN=it\n')
  assert.equal(kept('envelope'), 'Fnew@s\0Ta b@y\0\0')
  assert.match(kept('message'), /^Received: [^\n]*\n[^\n]*\nX-Note: 1\nhi\n$/)
  assert.equal(kept('seen'), 'it\n')
  home.control('rcpthosts', 'z\n')
  assert.match(plugins('[mail]\n:echo SRELAYCLIENT=\n')[3] ?? '', /^250/)
  assert.match(plugins('[mail]\n:echo URELAYCLIENT\n', MAIL, { RELAYCLIENT: '' })[3] ?? '', /^553/)
  home.control('rcpthosts', 'y\n')
})

test('a plug-in that fails is a temporary failure of its command; other exit codes do not matter', () => {
  for (const program of [':exit 120', ':kill -9 $$', home.at('nothing')]) {
    assert.match(plugins(`[rcpt]\n${program}\n`)[3] ?? '', /^451 qmail-spp failure: .*\(#4\.3\.0\)$/, program)
  }
  assert.equal(plugins('[rcpt]\n:exit 7\n')[3], '250 ok')
})

test('$RCPTCHECK is asked about every recipient, and its exit code decides', () => {
  const check = script(
    'check',
    'case $RECIPIENT in [0-9]*) [ -z "$TEXT" ] || echo "$TEXT $SENDER $HELO $USE_FD4" >&4; exit $(echo "$RECIPIENT" | cut -d@ -f1);; esac; exit 0'
  )
  const ask = (recipient: string, env = {}): string[] =>
    smtpd(`HELO me\nMAIL FROM:<s@x>\nRCPT TO:<${recipient}@y>\nRCPT TO:<ok@y>\nQUIT\n`, { RCPTCHECK: check, ...env }).slice(3)
  assert.deepEqual(ask('0').slice(0, 2), ['250 ok', '250 ok'])
  assert.equal(ask('100')[0], '550 sorry, no mailbox here by that name (#5.1.1)')
  assert.equal(ask('100', { TEXT: 'no' })[0], '550 no s@x me 1')
  assert.deepEqual(ask('111'), ['421 unable to verify recipient (#4.3.0)', ''])
  assert.deepEqual(ask('120'), ['421 unable to verify recipient (#4.3.0)', ''])
  assert.match(ask('113')[0] ?? '', /^452 /)
  assert.equal(ask('100', { RELAYCLIENT: '' })[0], '250 ok')
  assert.match(ask('100', { RELAYCLIENT: '', RCPTCHECKRELAYCLIENT: '1' })[0] ?? '', /^550/)
  smtpd('MAIL FROM:<s@x>\nRCPT TO:<112@y>\nRCPT TO:<ok@y>\nDATA\nx\n.\nQUIT\n', { RCPTCHECK: check })
  assert.equal(kept('envelope'), 'Fs@x\0Tok@y\0\0')
})
