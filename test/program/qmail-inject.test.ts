import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { takeQueued } from '../helpers/queued.ts'
import { type RunOptions, type RunResult, runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const inject = (input: string, args: string[] = [], env: Record<string, string> = {}, more: RunOptions = {}): RunResult =>
  runProgram(home, 'qmail-inject', { input, args, env: { USER: 'joe', ...env }, ...more })

/** A queue program of our own, which says how it was called and leaves with this code. */
const queueProgram = (name: string, script: string): string => {
  writeFileSync(home.at(name), `#!/bin/sh\n${script}\n`)
  chmodSync(home.at(name), 0o755)
  return home.at(name)
}

const FIXED = 'Date: x\nMessage-ID: y\n'

test('a message is completed and queued with its envelope', () => {
  assert.deepEqual(inject(`${FIXED}To: a@b, "c d" <c@d.e>\nCc: g@h.i, <>\nBcc: j@k.l\n\nbody\n.\n\x00\xff no end`), { exit: 0, stdout: '', stderr: '' })
  assert.deepEqual(takeQueued(home), [
    {
      sender: 'joe@mail.example.org',
      recipients: ['c@d.e', 'a@b.mail.example.org', '', 'g@h.i', 'j@k.l'],
      message: `From: joe@mail.example.org\n${FIXED}To: a@b.mail.example.org, "c d" <c@d.e>\nCc: g@h.i, <>\n\nbody\n.\n\x00\xff no end\n`
    }
  ])
})

test('a body of several buffers comes through to the byte', () => {
  const body = `${'0123456789abcdef'.repeat(5000)}\n`.repeat(4)
  assert.equal(inject(`${FIXED}From: x@y.z\nTo: a@b.c\n\n${body}`).exit, 0)
  assert.equal(takeQueued(home)[0]?.message, `${FIXED}From: x@y.z\nTo: a@b.c\n\n${body}`)
})

test('recipients of the command line are raw addresses, and keep their order', () => {
  assert.equal(inject(`${FIXED}From: x@y.z\nTo: a@b.c\n\n`, ['-fs', 'x y@h', '', 'root']).exit, 0)
  const [letter] = takeQueued(home)
  assert.deepEqual([letter?.sender, letter?.recipients], ['s@mail.example.org', ['x y@h.mail.example.org', '', 'root@mail.example.org']])
})

test('arguments of any bytes become recipients of the same bytes', () => {
  assert.equal(inject(`${FIXED}From: x@y.z\n\n`, ['j\u00f6e@h.x']).exit, 0)
  assert.deepEqual(takeQueued(home)[0]?.recipients, [Buffer.from('j\u00f6e@h.x').toString('latin1')])
})

test('a NUL cuts an address in the envelope only', () => {
  assert.equal(inject(`${FIXED}From: x@y.z\nTo: "a\0b"@c.d\n\n`).exit, 0)
  const [letter] = takeQueued(home)
  assert.deepEqual([letter?.recipients, letter?.message.includes('To: "a\0b"@c.d')], [['a'], true])
})

test('-n prints the message with its sender and queues nothing', () => {
  const r = inject(`${FIXED}To: a@b, c@d (Somebody), A Person <e@f>,\n  random group: g@h, i@j;, k@l\n\nbody`, ['-n'], { QMAILINJECT: 'r' })
  assert.equal(
    r.stdout,
    `Return-Path: <"joe-@mail.example.org-"@[]>
From: joe@mail.example.org
${FIXED}To: a@b.mail.example.org, c@d.mail.example.org (Somebody),
  A Person <e@f.mail.example.org>, random group: g@h.mail.example.org,
  i@j.mail.example.org;, k@l.mail.example.org

body
`
  )
  assert.deepEqual(takeQueued(home), [])
})

test('with -n, an output that takes nothing is a temporary failure', () => {
  const full = openSync('/dev/full', 'w')
  const r = spawnSync(home.at('bin', 'qmail-inject'), ['-n'], { env: { PATH: '/bin:/usr/bin' }, input: '\n', stdio: ['pipe', full, 'pipe'] })
  closeSync(full)
  assert.equal(r.status, 111)
})

test('a bad sender field is permanent and shown, a bad recipient too', () => {
  assert.deepEqual(inject('From: a (b\n\n'), { exit: 100, stdout: '', stderr: 'qmail-inject: fatal: unable to parse this line:\nFrom: a (b\n' })
  assert.deepEqual(inject('\n', ['a@(']), { exit: 100, stdout: '', stderr: 'qmail-inject: fatal: unable to parse address: a@(\n' })
  assert.equal(inject('\n', ['-f', 'a@(']).exit, 100)
  assert.deepEqual(takeQueued(home), [])
})

test('a wrong option is permanent, and told with the name it was called by', () => {
  assert.deepEqual(inject('\n', ['-z']), { exit: 100, stdout: '', stderr: 'qmail-inject: illegal option -- z\n' })
})

test('a control file that cannot be read is temporary, named, and goes before a wrong option', () => {
  mkdirSync(home.at('control', 'plusdomain'))
  const r = inject('\n', ['-z'])
  rmSync(home.at('control', 'plusdomain'), { recursive: true })
  assert.deepEqual([r.exit, /control\/plusdomain/.test(r.stderr)], [111, true])
})

test('a variable stands for the control file of its name, which has to be readable all the same', () => {
  const r = inject('To: a, b@c\n\n', ['-n'], { QMAILDEFAULTHOST: '[1.2.3.4]', QMAILDEFAULTDOMAIN: 'dd', QMAILIDHOST: 'id' })
  assert.match(r.stdout, /^To: a@\[1\.2\.3\.4\], b@c\.dd$/m)
  assert.match(r.stdout, /^Message-ID: <\d{14}\.\d+\.qmail@id>$/m)
})

test('QMAILMFTFILE is looked for where the caller is; without it nothing happens', () => {
  mkdirSync(home.at('caller'))
  writeFileSync(home.at('caller', 'lists'), '# mine\nL@ist.x\n')
  const message = 'To: l@ist.x\n\n'
  assert.match(inject(message, ['-n'], { QMAILMFTFILE: 'lists' }, { cwd: home.at('caller') }).stdout, /^Mail-Followup-To: l@ist\.x$/m)
  assert.doesNotMatch(inject(message, ['-n'], { QMAILMFTFILE: 'none' }, { cwd: home.at('caller') }).stdout, /Followup/)
  assert.equal(inject(message, ['-n'], { QMAILMFTFILE: '.' }, { cwd: home.at('caller') }).exit, 111)
})

test('a message that cannot be read to its end is not queued', () => {
  const folder = openSync(home.path, 'r')
  const r = spawnSync(home.at('bin', 'qmail-inject'), ['a@b.c'], { env: { PATH: '/bin:/usr/bin' }, stdio: [folder, 'pipe', 'pipe'], encoding: 'latin1' })
  closeSync(folder)
  assert.deepEqual([r.status, r.stderr], [111, 'qmail-inject: fatal: unable to read the message: is a directory\n'])
  assert.deepEqual(takeQueued(home), [])
})

test("$QMAILQUEUE is run in the home and gets message and envelope; its code is the verdict's", () => {
  const program = queueProgram('qq', `cat > got; cat <&1 > gotenv; pwd > where; exit $(cat code)`)
  const verdicts: [string, number, RegExp][] = [
    ['0', 0, /^$/],
    ['11', 100, /#5\.1\.3/],
    ['31', 100, /#5\.3\.0/],
    ['51', 111, /#4\.3\.0/],
    ['91', 111, /#4\.3\.0/],
    ['115', 100, /#5\.1\.3/],
    ['99', 111, /#4\.3\.0/]
  ]
  for (const [code, exit, stderr] of verdicts) {
    writeFileSync(home.at('code'), code)
    const r = inject(`${FIXED}From: x@y.z\nTo: a@b.c\n\nhi\n`, [], { QMAILQUEUE: program })
    assert.equal(r.exit, exit, code)
    assert.match(r.stderr, stderr)
  }
  const read = (name: string): string => runProgram(home, '/bin/cat', { args: [home.at(name)] }).stdout
  assert.deepEqual(
    [read('got'), read('gotenv'), read('where')],
    [`${FIXED}From: x@y.z\nTo: a@b.c\n\nhi\n`, 'Fjoe@mail.example.org\0Ta@b.c\0\0', `${home.path}\n`]
  )
})

test('a queue program may say why on descriptor 6', () => {
  const say = (text: string): string => queueProgram('qq82', `cat >/dev/null; printf '${text}' >&6; exit 82`)
  assert.deepEqual(inject('\n', [], { QMAILQUEUE: say('Dnot today (#5.7.1)') }), { exit: 100, stdout: '', stderr: 'qmail-inject: fatal: not today (#5.7.1)\n' })
  assert.equal(inject('\n', [], { QMAILQUEUE: say('Zlater (#4.7.1)') }).exit, 111)
})

test('a queue program that is missing, killed, or leaves without reading is a temporary failure', () => {
  assert.match(inject('\n', [], { QMAILQUEUE: home.at('none') }).stderr, /unable to exec qq \(#4\.3\.0\)/)
  assert.deepEqual(inject('\n', [], { QMAILQUEUE: queueProgram('qqk', 'kill -9 $$') }), {
    exit: 111,
    stdout: '',
    stderr: 'qmail-inject: fatal: qq crashed (#4.3.0)\n'
  })
  assert.equal(inject(`\n${'x'.repeat(1_000_000)}\n`, [], { QMAILQUEUE: queueProgram('qq0', 'exit 0') }).exit, 111)
})

test("an ordinary user's message goes into the drop folder", { skip: isRoot ? false : 'needs to become another user' }, () => {
  const r = inject(`${FIXED}From: x@y.z\nTo: a@b.c\n\nhi\n`, [], {}, { uid: 64_321, gid: 64_321, cwd: '/' })
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '' })
  const dropped = runProgram(home, '/bin/sh', { args: ['-c', `cat ${home.at('drop')}/m.*`] }).stdout
  assert.ok(dropped.includes('To: a@b.c\n\nhi\n'), dropped)
  assert.deepEqual(takeQueued(home), [])
})

/** Hosts after control/rewriting: of the header, of the sender, and of a recipient of the command line. */
const rewritten = (instructions: string, to: string, env: Record<string, string> = {}): string[] => {
  home.control('rewriting', instructions)
  const r = inject(`${FIXED}To: ${to}\n\n`, ['-H', 'arg'], env)
  rmSync(home.at('control', 'rewriting'))
  assert.deepEqual(r, { exit: 0, stdout: '', stderr: '' })
  const [letter] = takeQueued(home)
  return [letter?.sender ?? '', ...(letter?.recipients ?? []), /^To: (.*)$/m.exec(letter?.message ?? '')?.[1] ?? '']
}

test('control/rewriting decides what becomes of hosts: each instruction once, in order', () => {
  const whole = '# as without the file\n*.:\n=:mail.example.org\n*+:.p.example\n?:.d.example\n'
  assert.deepEqual(rewritten(whole, 'a@b, c@d+, e@f.g., h@[127.0.0.1], <@r.x:i@j>, k'), [
    'joe@mail.example.org',
    'arg@mail.example.org',
    'k@mail.example.org',
    'i@j.d.example',
    'h@[127.0.0.1]',
    'e@f.g',
    'c@d.p.example',
    'a@b.d.example',
    'a@b.d.example, c@d.p.example, e@f.g, h@[127.0.0.1], <i@j.d.example>,'
  ])
})

test('masquerading and a table of domains, as docs/sendmail.md has them', () => {
  const lines = '=:host.example.org\n-.example.org:example.org\n=old.example:new.example\n'
  assert.deepEqual(rewritten(lines, 'a@deep.host.Example.org, b@OLD.example, c@example.org, d@other.example'), [
    'joe@example.org',
    'arg@example.org',
    'd@other.example',
    'c@example.org',
    'b@new.example',
    'a@example.org',
    'a@example.org, b@new.example, c@example.org, d@other.example'
  ])
})

test('what cannot be rewritten stays: the addresses of VERP senders, quoted hosts, nobody', () => {
  home.control('rewriting', '=:x.example\n*]:y.example\n')
  assert.equal(inject(`${FIXED}From: s@h.example\nTo: a@"b c"\n\n`, ['-f', 's-@h.example-@[]']).exit, 0)
  const [letter] = takeQueued(home)
  rmSync(home.at('control', 'rewriting'))
  assert.deepEqual([letter?.sender, letter?.recipients], ['s-@h.example-@[]', ['a@b c']])
})

test('QMAILREWRITEFILE goes before control/rewriting where it is there; a line that is no instruction holds mail', () => {
  writeFileSync(home.at('mine'), '=:mine.example\n')
  assert.equal(rewritten('=:x.example\n', 'a', { QMAILREWRITEFILE: home.at('mine') })[0], 'joe@mine.example')
  assert.equal(rewritten('=:x.example\n', 'a', { QMAILREWRITEFILE: home.at('none') })[0], 'joe@x.example')
  home.control('rewriting', 'host.example.org example.org\n')
  const r = inject(`${FIXED}To: a\n\n`)
  rmSync(home.at('control', 'rewriting'))
  assert.deepEqual(r, { exit: 111, stdout: '', stderr: 'qmail-inject: fatal: no instruction for rewriting: host.example.org example.org\n' })
})

test('as new-inject: letters of QMAILINJECT as options, capitals in it too, and the whole envelope with -n', () => {
  const message = 'Return-Path: <r@r.example>\nFrom: f@f.example\nMessage-ID: old\nDate: x\nTo: a@b.c, d@e.f\n\nbody\n'
  const call = (args: string[], env: Record<string, string> = {}) => runProgram(home, 'new-inject', { args, input: message, env: { USER: 'joe', ...env } })
  assert.equal(
    call(['-n']).stdout,
    'Envelope-Sender: <r@r.example>\nEnvelope-Recipients: d@e.f,\n  a@b.c\nFrom: f@f.example\nMessage-ID: old\nDate: x\nTo: a@b.c, d@e.f\n\nbody\n'
  )
  for (const r of [call(['-nFIS']), call(['-n'], { QMAILINJECT: 'FIS' })])
    assert.match(
      r.stdout,
      /^Envelope-Sender: <joe@mail\.example\.org>\nEnvelope-Recipients: d@e\.f,\n {2}a@b\.c\nMessage-ID: <[^\n]*\.qmail@mail\.example\.org>\nFrom: joe@mail\.example\.org\nDate: x\nTo: a@b\.c, d@e\.f\n\nbody\n$/
    )
  assert.match(call(['-SRn']).stdout, /^Envelope-Sender: <"joe-@mail\.example\.org-"@\[\]>\n/)
  assert.match(call(['-SMn']).stdout, /^Envelope-Sender: <joe-\d+\.\d+@mail\.example\.org>\n/)
  assert.deepEqual(inject(message, ['-S']), { exit: 100, stdout: '', stderr: 'qmail-inject: illegal option -- S\n' })
  assert.match(inject(message, ['-n'], { QMAILINJECT: 'FIS' }).stdout, /^Return-Path: <r@r\.example>\nFrom: f@f\.example\n/)
})
