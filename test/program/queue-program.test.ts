import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

/** $QMAILQUEUE as qmail-inject and qmail-local (forwards) run it, under whichever runtime they start. */
const home = makeHome()
const seen = home.at('seen')
mkdirSync(seen)
chmodSync(seen, 0o777)
const MESSAGE = 'From: a@b.example\nSubject: x\n\nhello\n'

const queueProgram = (script: string): string => {
  const file = home.at('queue-program')
  writeFileSync(file, `#!/bin/bash\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}
const inject = (env: Record<string, string>, input = MESSAGE) => runProgram(home, 'qmail-inject', { args: ['-fs@x.example', 'r@y.example'], env, input })
const told = (name: string): string => readFileSync(home.at('seen', name), 'latin1')

beforeEach(() => {
  rmSync(seen, { recursive: true })
  mkdirSync(seen)
  chmodSync(seen, 0o777)
})

test('it gets the message on 0, the envelope on 1, and is asked for its text on 6', () => {
  const r = inject({ QMAILQUEUE: queueProgram(`cat > ${seen}/message; cat <&1 > ${seen}/envelope; printf 'Dtry elsewhere (#5.7.1)' >&6; exit 82`) })
  assert.equal(told('envelope'), 'Fs@x.example\0Tr@y.example\0\0')
  assert.match(told('message'), /\nSubject: x\n\nhello\n$/)
  assert.deepEqual([r.exit, r.stderr], [100, 'qmail-inject: fatal: try elsewhere (#5.7.1)\n'])
})

test('its descriptors are pipes, and there are no others of ours', () => {
  const { exit, stderr } = inject({ QMAILQUEUE: queueProgram('stat -L -c "%n %F" /proc/$$/fd/* >&2; cat </dev/stdin >/dev/null') })
  assert.equal(exit, 0, 'it came to its end: descriptor 0 can be opened again')
  const kinds = new Map([...stderr.matchAll(/\/(\d+) (\w+)/g)].map(([, fd, kind]) => [Number(fd), kind]))
  for (const fd of [0, 1, 6]) assert.equal(kinds.get(fd), 'fifo', stderr)
  // bash keeps its script open at 255
  assert.deepEqual([...kinds.keys()].filter((fd) => fd < 10).toSorted(), [0, 1, 2, 6])
})

test('one that ends before it has read everything does not hold us up', () => {
  const r = inject({ QMAILQUEUE: queueProgram('exit 31') }, `${MESSAGE}${'x'.repeat(999)}\n`.repeat(400))
  assert.equal(r.exit, 100)
  assert.match(r.stderr, /^qmail-inject: fatal: .*\(#5\.3\.0\)\n$/)
})

for (const [what, program] of [
  ['is not there', '/nonexistent/queue'],
  ['is a folder', '/etc'],
  ['has no name', '']
] as const) {
  test(`one that ${what} is a temporary failure`, () => {
    const r = inject({ QMAILQUEUE: program })
    assert.deepEqual([r.exit, r.stderr], [111, 'qmail-inject: fatal: unable to exec qq (#4.3.0)\n'])
  })
}

test('a forward goes through it, with the delivered-to line in front and its process id as qp', () => {
  const own = home.at('joe')
  mkdirSync(own)
  chmodSync(own, 0o755)
  const args = ['--', 'joe', own, 'joe', '', '', 'd.example', 's@x.example', '&other@y.example']
  const program = queueProgram(`echo $$ > ${seen}/pid; cat > ${seen}/message; cat <&1 > ${seen}/envelope`)
  const r = runProgram(home, 'qmail-local', { args, env: { QMAILQUEUE: program }, fds: { 0: MESSAGE } })
  assert.equal(r.exit, 0, r.stderr)
  assert.match(r.stdout, new RegExp(`^did 0\\+1\\+0\nqp ${told('pid').trim()}\n$`))
  assert.match(told('message'), /^Delivered-To: joe@d\.example\nFrom: /)
  assert.equal(told('envelope'), 'Fs@x.example\0Tother@y.example\0\0')
})
