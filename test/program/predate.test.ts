import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'

const home = makeHome()
const MESSAGE = 'Subject: s\n\nbody without an end'
const run = (args: string[], env: Record<string, string> = {}, message = MESSAGE) => runProgram(home, 'predate', { args, env, fds: { 0: message } })
const zone = (TZ: string): string | undefined => /^Date: \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([-+]\d{4})\n/.exec(run(['cat'], { TZ }).stdout)?.[1]

test('one Date line comes first, then the message as it is', () => {
  assert.match(run(['cat']).stdout, /^Date: [^\n]*\nSubject: s\n\nbody without an end$/)
})

test('the date is now, in the zone of TZ, in any form the system knows', () => {
  const before = Math.floor(Date.now() / 1000) * 1000
  const at = Date.parse(run(['cat'], { TZ: 'America/St_Johns' }).stdout.slice('Date: '.length).split('\n')[0] ?? '')
  assert.ok(at >= before && at <= Date.now(), String(at))
  for (const [name, offset] of Object.entries({ UTC: '+0000', 'Asia/Kathmandu': '+0545', 'Etc/GMT+7': '-0700', ':Asia/Kolkata': '+0530', 'XYZ-3:30': '+0330' }))
    assert.equal(zone(name), offset, name)
})

test("month names are English whatever the caller's locale is", () => {
  assert.match(run(['cat'], { LC_ALL: 'C', LC_TIME: 'de_DE.UTF-8' }).stdout, /^Date: \d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) /)
})

test("the program's code is given back; killed and missing ones are temporary", () => {
  for (const code of [0, 1, 64, 100, 111]) assert.equal(run(['sh', '-c', `cat >/dev/null; exit ${code}`]).exit, code)
  assert.deepEqual(run(['sh', '-c', 'kill -9 $$']), { exit: 111, stdout: '', stderr: 'predate: fatal: child crashed\n' })
  assert.deepEqual(run(['no-such-program-here']), {
    exit: 111,
    stdout: '',
    stderr: 'predate: fatal: unable to run no-such-program-here: file does not exist\n'
  })
  assert.deepEqual(run([]), { exit: 100, stdout: '', stderr: 'predate: usage: predate child\n' })
  assert.equal(run(['sh', '-c', 'exit 100'], {}, 'x'.repeat(1_000_000)).exit, 100)
})
