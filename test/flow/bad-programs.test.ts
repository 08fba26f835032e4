import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { maildir, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const home = makeHome()

test('programs that hang, flood, leave a daemon with their descriptors, or are killed: each its own report, and nobody else waits', async () => {
  const [joe, ann, bob] = makeUsers(home, ['joe', 'ann', 'bob'])
  ann?.maildir()
  for (const [ext, line] of [
    ['hang', '|exec sleep 600'],
    ['daemon', '|sleep 600 & exit 0'],
    ['flood', "|head -c 20000000 /dev/zero | tr '\\0' x; exit 100"],
    ['killed', '|kill -9 $$'],
    ['missing', '|no-such-program-here']
  ])
    for (const user of [joe, bob]) user?.lay(`.qmail-${ext}`, `${line}\n`)
  const daemon = await startSuite(home)
  const send = (...to: string[]): void => {
    const r = runProgram(home, 'qmail-inject', { args: ['-a', '-f', '', ...to], input: 'From: a@b.c\nTo: x\n\nbody\n', env: { USER: 'tester' } })
    assert.equal(r.exit, 0, r.stderr)
  }
  send(...Array.from({ length: 15 }, () => 'joe-hang'), 'joe-daemon', 'joe-daemon')
  await until('programs that hang', () => /starting delivery .* to local joe-hang@/.test(daemon.log()))
  // what waits behind joe's own programs is joe's; bob and ann do not
  send('bob-flood')
  send('bob-killed')
  send('bob-missing')
  send('ann')
  await until("ann's mail", () => maildir(join(ann?.home ?? '', 'Maildir')).length === 1)
  await until('the flood to be cut', () => /delivery \d+: failure: x{2900,}\/?Error_report_too_long,_sorry\./.test(daemon.log()))
  await until('the killed one to be deferred', () => /delivery \d+: deferral: (Killed\/)?Aack,_child_crashed\._\(#4\.3\.0\)/.test(daemon.log()))
  await until('the missing one to be deferred', () => /delivery \d+: deferral: .*no-such-program-here/.test(daemon.log()))
})
