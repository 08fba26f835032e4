import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { isRoot, makeHome } from '../helpers/home.ts'
import { takeQueued } from '../helpers/queued.ts'
import { type RunResult, runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const FIXED = 'Date: x\nMessage-ID: y\n'
const call = (name: string, args: string[], input = `${FIXED}To: t@t.x\n\nhi\n`, env: Record<string, string> = { USER: 'joe' }): RunResult =>
  runProgram(home, name, { args, input, env })
const sendmail = (args: string[], input?: string, env?: Record<string, string>): RunResult => call('sendmail', args, input, env)

const USAGE = 'sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]\n'
const QUIET = { exit: 0, stdout: '', stderr: '' }

/** Puts a script in a program's place while `use` runs. */
const instead = (name: string, script: string, use: () => void): void => {
  const file = home.at('bin', name)
  renameSync(file, `${file}.away`)
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  try {
    use()
  } finally {
    renameSync(`${file}.away`, file)
  }
}

test('recipients are the operands; with -t those of the header too', () => {
  assert.deepEqual(sendmail(['-oi', 'a@b.c', '-t']), QUIET)
  assert.deepEqual(takeQueued(home)[0]?.recipients, ['a@b.c', '-t@mail.example.org'])
  assert.deepEqual(sendmail(['-ti', 'a@b.c']), QUIET)
  assert.deepEqual(takeQueued(home)[0]?.recipients, ['a@b.c', 't@t.x'])
})

test('-f is sender and From and cancels -F; <> is the null sender', () => {
  assert.deepEqual(sendmail(['-FJoe', '-f', 's@s.x', 'a@b.c']), QUIET)
  const [letter] = takeQueued(home)
  assert.deepEqual([letter?.sender, letter?.message], ['s@s.x', `From: s@s.x\n${FIXED}To: t@t.x\n\nhi\n`])
  assert.deepEqual(sendmail(['-f', '<>', 'a@b.c'], `From: x@y.z\n${FIXED}\n`), QUIET)
  assert.equal(takeQueued(home)[0]?.sender, '')
})

test('-F is the name of the From that is made', () => {
  assert.deepEqual(sendmail(['-F', 'Cron Daemon', '-i', '-B8BITMIME', '-oem', 'root']), QUIET)
  assert.match(takeQueued(home)[0]?.message ?? '', /^From: "Cron Daemon" <joe@mail\.example\.org>$/m)
})

test('a caller without a name in its environment is known by its uid', { skip: isRoot ? false : 'the name of the caller is not known' }, () => {
  assert.deepEqual(sendmail(['a@b.c'], undefined, {}), QUIET)
  assert.equal(takeQueued(home)[0]?.sender, 'root@mail.example.org')
})

test('CR LF lines become LF lines, here but not in qmail-inject', () => {
  assert.deepEqual(sendmail(['-t'], 'To: a@b.c\r\nFrom: x@y.z\r\nDate: x\r\nMessage-ID: y\r\n\r\nbody\r\n'), QUIET)
  assert.equal(takeQueued(home)[0]?.message, `To: a@b.c\nFrom: x@y.z\n${FIXED}\nbody\n`)
  assert.deepEqual(call('qmail-inject', [], `From: x@y.z\r\n${FIXED}To: a@b.c\n\nbody\r\n`), QUIET)
  assert.match(takeQueued(home)[0]?.message ?? '', /\n\nbody\r\n$/)
})

test("a failure is qmail-inject's, on descriptor 2", () => {
  assert.deepEqual(sendmail(['-t'], 'From: a (b\n\n'), { exit: 100, stdout: '', stderr: 'qmail-inject: fatal: unable to parse this line:\nFrom: a (b\n' })
})

test('a wrong option shows the usage; what is refused does too, and reads nothing', () => {
  assert.deepEqual(sendmail(['-s', 'a@b.c']), { exit: 100, stdout: '', stderr: `sendmail: illegal option -- s\n${USAGE}` })
  for (const word of ['-bd', '-Q']) assert.deepEqual(sendmail([word, 'a@b.c']), { exit: 100, stdout: '', stderr: USAGE }, word)
  assert.deepEqual(takeQueued(home), [])
})

test('-q, -bh and -bH succeed and submit nothing', () => {
  for (const word of ['-q', '-q15m', '-bh', '-bH']) assert.deepEqual(sendmail([word]), QUIET, word)
  assert.deepEqual(takeQueued(home), [])
})

test("-q asks this installation's qmail-send, and no other, to try everything", async () => {
  const start = async (node: string) => {
    const code = 'process.title = "qmail-send"; process.on("SIGALRM", () => process.exit(14)); process.stdout.write("up"); setTimeout(() => {}, 60000)'
    const child = spawn(node, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    return child
  }
  copyFileSync(home.at('lib', 'node'), home.at('othernode'))
  const [ours, other] = [await start(home.at('lib', 'node')), await start(home.at('othernode'))]
  const ended = once(ours, 'exit')
  assert.deepEqual(sendmail(['-q']), QUIET)
  assert.deepEqual(await ended, [14, null])
  const gone = once(other, 'exit')
  other.kill('SIGKILL')
  assert.deepEqual(await gone, [null, 'SIGKILL'])
})

test('-bp and mailq list the queue, whatever options mailq is given', () => {
  instead('qmail-qread', 'echo listed "$@"; exit 7', () => {
    for (const [name, ...args] of [['sendmail', '-bp'], ['sendmail', '-v', '-bp'], ['mailq'], ['mailq', '-Ac', '-v']] as const) {
      assert.deepEqual(call(name, args), { exit: 7, stdout: 'listed\n', stderr: '' }, `${name} ${args}`)
    }
  })
})

test('-bP prints how many messages wait', () => {
  instead('qmail-qstat', 'echo messages in queue: 5; echo messages in queue but not yet preprocessed: 1', () =>
    assert.deepEqual(sendmail(['-bP']), { exit: 0, stdout: '5\n', stderr: '' })
  )
})

test('-bs is qmail-smtpd on the same descriptors, as the caller, unless PROTO says who it is', () => {
  instead('qmail-smtpd', 'cat; echo "$PROTO,$RELAYCLIENT,$DATABYTES,$TCPREMOTEIP,$TCPREMOTEINFO,"; env | grep -c RELAYCLIENT', () => {
    assert.equal(sendmail(['-bs'], 'EHLO\r\n', {}).stdout, 'EHLO\r\nTCP,,0,127.0.0.1,sendmail-bs,\n1\n')
    assert.equal(sendmail(['-bs'], '', { PROTO: 'X' }).stdout, 'X,,,,,\n0\n')
  })
})

test('newaliases refuses, and -bi runs an own one only', () => {
  const refusal = { exit: 100, stdout: '', stderr: 'sendmail: fatal: please use fastforward/newaliases instead\n' }
  symlinkSync(home.at('bin', 'sendmail'), home.at('newaliases'))
  assert.deepEqual(runProgram(home, home.at('newaliases')), refusal)
  instead('newaliases', 'echo rebuilt', () => assert.deepEqual(sendmail(['-bi']), { exit: 0, stdout: 'rebuilt\n', stderr: '' }))
  rmSync(home.at('bin', 'newaliases'))
  assert.deepEqual(sendmail(['-bi']), refusal)
})

test("a program in qmail-inject's place is run, with the message, and its code is sendmail's", () => {
  instead('qmail-inject', 'echo "$@" "$QMAILUSER"; cat; exit 9', () => {
    assert.deepEqual(sendmail(['-t', '-f', 'a@b', 'x y', '-z'], 'To: a\r\n\r\nb\r\n'), { exit: 9, stdout: '-H -f a@b -- x y -z a\nTo: a\n\nb\n', stderr: '' })
  })
  instead('qmail-inject', 'exit 0', () => assert.equal(sendmail(['a'], 'x'.repeat(1_000_000)).exit, 0))
})

test('under any other name it is sendmail', () => {
  symlinkSync(home.at('bin', 'sendmail'), home.at('rmail'))
  const r = spawnSync(home.at('rmail'), ['-Z'], { encoding: 'latin1', env: { PATH: '/bin:/usr/bin' } })
  assert.deepEqual([r.status, r.stderr], [100, `rmail: illegal option -- Z\n${USAGE}`])
})

test('relative names in the environment are looked for in the home', () => {
  writeFileSync(home.at('lists'), 't@t.x\n')
  assert.deepEqual(sendmail(['-t'], undefined, { USER: 'joe', QMAILMFTFILE: 'lists' }), QUIET)
  assert.match(takeQueued(home)[0]?.message ?? '', /^Mail-Followup-To: t@t\.x$/m)
})

/** Users of this host, by users/assign, as any account may set them up. */
const layUsers = (): string => {
  const joe = home.at('joe')
  mkdirSync(joe)
  for (const name of ['.qmail-list', '.qmail-news-default']) writeFileSync(`${joe}/${name}`, './Maildir/\n')
  const uid = isRoot ? 60_001 : (process.getuid?.() ?? 0)
  writeFileSync(
    home.at('users', 'assign'),
    `=joe:joe:${uid}:${uid}:${joe}:::\n+joe-:joe:${uid}:${uid}:${joe}:-::\n+away-:away:${uid}:${uid}:${home.at('away')}:-::\n.\n`
  )
  assert.equal(runProgram(home, 'qmail-newu').exit, 0)
  return joe
}

test('-bv and -bt say where an address would go, by the look-ups of delivery, and submit nothing', () => {
  const joe = layUsers()
  home.control('locals', 'mail.example.org\n')
  home.control('virtualdomains', 'virtual.example:joe-news\n')
  home.control('smtproutes', '.routed.example:relay.example:26 user password\nrouted.example:\n')
  writeFileSync(home.at('alias', '.qmail-postmaster'), 'joe\n')
  const ask = (args: string[], input = '') => runProgram(home, 'sendmail', { args, input, env: { USER: 'joe' } })
  assert.deepEqual(ask(['-bv', 'joe', 'Joe S <JOE-list@Mail.example.org>, x@virtual.example', 'a@b.routed.example', 'a@routed.example', 'postmaster']), {
    exit: 0,
    stdout: `joe@mail.example.org... deliverable: mailer local, user joe, home ${joe}
JOE-list@Mail.example.org... deliverable: mailer local, user joe, by ${joe}/.qmail-list
x@virtual.example... deliverable: mailer local, user joe, by ${joe}/.qmail-news-default
a@b.routed.example... deliverable: mailer remote, host b.routed.example, user a@b.routed.example, relay relay.example:26
a@routed.example... deliverable: mailer remote, host routed.example, user a@routed.example
postmaster@mail.example.org... deliverable: mailer local, user alias, by ${home.at('alias')}/.qmail-postmaster
`,
    stderr: ''
  })
  assert.deepEqual(ask(['-bv', 'joe', 'joe-none', 'nobody-by-this-name', 'a (b']), {
    exit: 100,
    stdout: `joe@mail.example.org... deliverable: mailer local, user joe, home ${joe}
joe-none@mail.example.org... User unknown
nobody-by-this-name@mail.example.org... User unknown
a (b... unable to parse address
`,
    stderr: ''
  })
  assert.deepEqual(ask(['-bv', 'joe', 'away-x']), {
    exit: 111,
    stdout: `joe@mail.example.org... deliverable: mailer local, user joe, home ${joe}
away-x@mail.example.org... cannot be told: unable to look into ${home.at('away')}
`,
    stderr: ''
  })
  assert.deepEqual(ask(['-bt'], '3,0 joe\n\na@routed.example\n/quit\nignored\n'), {
    exit: 0,
    stdout: `joe@mail.example.org... deliverable: mailer local, user joe, home ${joe}
a@routed.example... deliverable: mailer remote, host routed.example, user a@routed.example
`,
    stderr: ''
  })
  assert.deepEqual(ask(['-bv']), { exit: 64, stdout: '', stderr: 'sendmail: fatal: no addresses to verify\n' })
  assert.deepEqual(takeQueued(home), [])
})

test('-bv as a caller who may not read everything', { skip: isRoot ? false : 'needs a second user' }, () => {
  chmodSync(home.at('control', 'smtproutes'), 0o600)
  chmodSync(home.at('joe'), 0o700)
  chmodSync(home.path, 0o755)
  assert.deepEqual(
    runProgram(home, 'sendmail', { args: ['-bv', 'joe', 'joe-list', 'a@b.routed.example'], env: { USER: 'joe' }, uid: 60_002, gid: 60_002, cwd: '/' }),
    {
      exit: 111,
      stdout: `joe@mail.example.org... deliverable: mailer local, user joe, home ${home.at('joe')}
joe-list@mail.example.org... cannot be told: unable to look at ${home.at('joe')}/.qmail-list
a@b.routed.example... deliverable: mailer remote, host b.routed.example, user a@b.routed.example, by control/smtproutes or MX
`,
      stderr: ''
    }
  )
})

test('-bs is a whole session: answers, a reset, two messages, to any host, until QUIT', () => {
  home.control('rcpthosts', 'only.example\n')
  const said = [
    'EHLO x',
    'MAIL FROM:<lost@b.c>',
    'RCPT TO:<d@e.f>',
    'RSET',
    'NOOP',
    'DATA',
    'MAIL FROM:<>',
    'RCPT TO:<d@e.f>',
    'RCPT TO:<joe@mail.example.org>'
  ]
  const first = ['DATA', 'Subject: s', '', '..one dot', '.']
  const second = ['MAIL FROM:<q@b.c>', 'RCPT TO:<z@e.f>', 'DATA', '', '.', 'QUIT']
  const r = call('sendmail', ['-bs'], [...said, ...first, ...second].map((line) => `${line}\r\n`).join(''))
  rmSync(home.at('control', 'rcpthosts'))
  const codes = r.stdout.split('\r\n').filter((line) => /^[0-9]{3} /.test(line)).map((line) => line.slice(0, 3)) // biome-ignore format: one line
  assert.equal(codes.join(' '), '220 250 250 250 250 250 503 250 250 250 354 250 250 250 354 250 221')
  assert.deepEqual([r.exit, r.stderr], [0, ''])
  const letters = takeQueued(home).toSorted((a, b) => a.recipients.length - b.recipients.length)
  assert.deepEqual(
    letters.map(({ sender, recipients }) => [sender, recipients]),
    [
      ['q@b.c', ['z@e.f']],
      ['', ['d@e.f', 'joe@mail.example.org']]
    ]
  )
  assert.match(letters[1]?.message ?? '', /\nSubject: s\n\n\.one dot\n$/)
})
