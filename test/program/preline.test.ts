import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const LINES = `${env.UFLINE}${env.RPLINE}${env.DTLINE}`
const run = (args: string[], message = 'Subject: hi\n\nbody') => runProgram(home, 'preline', { args, env, fds: { 0: message } })

test('the three lines come first; small letters leave one out, capitals put it back', () => {
  assert.equal(run(['cat']).stdout, `${LINES}Subject: hi\n\nbody`)
  assert.equal(run(['-fr', 'cat']).stdout, `${env.DTLINE}Subject: hi\n\nbody`)
  assert.equal(run(['-frdF', '--', 'cat']).stdout, `${env.UFLINE}Subject: hi\n\nbody`)
})

test('a large message passes whole, byte for byte', () => {
  const message = Array.from({ length: 1 << 21 }, (_, i) => String.fromCharCode((i * 7) % 256)).join('')
  const sum = createHash('sha256')
    .update(Buffer.from(LINES + message, 'latin1'))
    .digest('hex')
  assert.equal(run(['sha256sum'], message).stdout, `${sum}  -\n`)
})

test('the program may open its input again', () => {
  assert.equal(run(['sh', '-c', 'cat /dev/stdin']).stdout, `${LINES}Subject: hi\n\nbody`)
})

test("the program's code is given back; killed, unread and missing ones are told apart", () => {
  for (const code of [0, 1, 99, 100, 111, 255]) assert.equal(run(['sh', '-c', `cat >/dev/null; exit ${code}`]).exit, code)
  assert.deepEqual(run(['sh', '-c', 'kill -9 $$']), { exit: 111, stdout: '', stderr: 'preline: fatal: child crashed\n' })
  assert.equal(run(['true']).exit, 0)
  assert.equal(run(['true'], 'x'.repeat(2_000_000)).exit, 111)
  assert.equal(run(['no-such-program-here']).exit, 100)
  assert.equal(run(['-x', 'cat']).exit, 100)
  assert.deepEqual(run([]), { exit: 100, stdout: '', stderr: 'preline: usage: preline cmd [ arg ... ]\n' })
})

test('arguments reach the program as they are', () => {
  assert.equal(run(['sh', '-c', 'printf "%s|" "$@" >&1; cat >/dev/null', 'x', 'a b', '$HOME', "it's", '\xc3\xa9']).stdout, "a b|$HOME|it's|\xc3\x83\xc2\xa9|")
})

test('the environment is passed on, and nothing is added to it', () => {
  const names = run(['env'])
    .stdout.split('\n')
    .filter((line) => /^[A-Z_]+=/.test(line))
    .map((line) => line.split('=')[0])
  assert.deepEqual(names.toSorted(), ['PATH', ...Object.keys(env)].toSorted())
})
