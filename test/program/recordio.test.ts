import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const go = (args: string[], input = '') => runProgram(home, 'recordio', { args, input })
/** The record of one direction. */
const record = (stderr: string, arrow: '<' | '>'): string[] => stderr.split('\n').filter((line) => line.includes(` ${arrow} `))

test('both directions are written down, under the process id of the program', () => {
  const r = go(['sh', '-c', 'read a; echo "$$ got $a"; cat; exit 9'], 'hello\npart')
  assert.equal(r.exit, 9)
  const pid = r.stdout.split(' ', 1)[0]
  assert.equal(r.stdout, `${pid} got hello\npart`)
  assert.deepEqual(record(r.stderr, '<'), [`${pid} < hello `, `${pid} < part+`, `${pid} < [EOF]`])
  assert.equal(record(r.stderr, '>').join('|').replaceAll('+|', '|'), `${pid} > ${pid} got hello |${pid} > part|${pid} > [EOF]`)
})

/** Its bit in the masks of /proc/PID/status. */
const SIGPIPE_BIT = 0x1000n

test('the program has real pipes, without O_NONBLOCK, and SIGPIPE as usual', () => {
  const r = go(['sh', '-c', 'test -p /dev/stdin && test -p /dev/stdout && grep -h ^flags /proc/self/fdinfo/[01]; grep SigIgn /proc/self/status'])
  const [, flags, ignored = ''] = /^([\s\S]*)SigIgn:\t([0-9a-f]+)\n$/.exec(r.stdout) ?? []
  assert.equal(flags, 'flags:\t0100000\nflags:\t0100001\n')
  assert.equal(BigInt(`0x${ignored}`) & SIGPIPE_BIT, 0n, ignored) // others may have been ignored by whoever runs the tests
})

test('a program that opens its input again, after the peer has said all, finds the end', () => {
  assert.equal(go(['sh', '-c', 'cat; cat /dev/stdin; echo end'], 'hello\n').stdout, 'hello\nend\n')
})

test('much data passes both ways, also when the program stops reading', () => {
  const text = 'x'.repeat(79).concat('\n').repeat(3_000)
  assert.equal(go(['cat'], text).stdout, text)
  assert.equal(go(['sh', '-c', 'head -c 10; exit 4'], text).exit, 4)
})

test('a program that cannot be run: 111; none: usage', () => {
  const r = go(['./none'])
  assert.equal(r.exit, 111)
  assert.match(r.stderr, /^recordio: fatal: unable to run \.\/none: file does not exist$/m)
  const usage = go([])
  assert.deepEqual([usage.exit, usage.stderr], [100, 'recordio: usage: recordio program [ arg ... ]\n'])
})
