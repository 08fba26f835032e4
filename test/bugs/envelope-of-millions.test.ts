/** One envelope of a local user stopped all mail: it was read whole, worked on alone, and killed qmail-send again at each start. */
import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { runProgram } from '../helpers/run-program.ts'
import { putEnvelope, putMessage, SendRig } from '../helpers/send-rig.ts'
import { until } from '../helpers/suite.ts'

const makeRigHome = (): Home => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}

/** An envelope of so many recipients, written in pieces, for a message that is there. */
const putLargeEnvelope = (home: Home, id: number, recipients: number): void => {
  const intd = home.at('queue/intd', String(id))
  const fd = openSync(intd, 'w')
  writeSync(fd, 'u7\0p99\0Fs@s.example\0')
  const piece = Buffer.from(Array.from({ length: 10_000 }, (_, i) => `Tr${i}@me.example\0`).join(''))
  for (let n = 0; n < recipients; n += 10_000) writeSync(fd, piece)
  closeSync(fd)
  renameSync(intd, home.at('queue/todo', String(id)))
}

for (const resident of [true, false]) {
  test(`others are delivered while an envelope of millions is taken up, in bounded memory (${resident ? 'second' : 'first'} gear)`, async () => {
    const home = makeRigHome()
    const large = putMessage(home, [])
    rmSync(home.at('queue/todo', String(large)))
    putLargeEnvelope(home, large, 2_000_000)
    const rig = new SendRig(home, { resident })
    await rig.logged(new RegExp(`new msg ${large}\\n`))
    putMessage(home, ['victim@me.example'])
    rig.pull()
    rig.report(await rig.delivery(/^victim@/), 'Kok\n')
    assert.ok(existsSync(home.at('queue/todo', String(large))), 'the large one is not through yet')
    await until('the large one to be preprocessed', () => rig.cleaned.includes(`todo/${large}`))
    assert.ok(rig.peakMegabytes() < 300, `${rig.peakMegabytes()} MB`)
    await rig.delivery(/^r0@/)
    assert.ok(statSync(home.at('queue/local', `${large % 23}/${large}`)).size > 2_000_000 * 'Tr0@me.example\0'.length)
    rig.kill('SIGKILL')
  })
}

test('a large envelope interrupted by SIGKILL is taken up again from the beginning', async () => {
  const home = makeRigHome()
  const large = putMessage(home, [])
  rmSync(home.at('queue/todo', String(large)))
  putLargeEnvelope(home, large, 500_000)
  const rig = new SendRig(home)
  await rig.logged(new RegExp(`new msg ${large}\\n`))
  rig.kill('SIGKILL')
  await rig.ended
  const again = new SendRig(home)
  await until('the large one to be preprocessed', () => again.cleaned.includes(`todo/${large}`))
  const records = readFileSync(home.at('queue/local', `${large % 23}/${large}`), 'latin1').split('\0')
  assert.equal(records.length, 500_001)
  assert.equal(records[499_999], 'Tr9999@me.example')
  assert.equal(readFileSync(home.at('queue/info', `${large % 23}/${large}`), 'latin1'), 'Fs@s.example\0')
  again.kill('SIGKILL')
})

test('an envelope that makes no sense is told once, is never read again at a trigger, and is taken up when it has been mended', async () => {
  const home = makeRigHome()
  const bad = putMessage(home, [])
  const todo = home.at('queue/todo', String(bad))
  writeFileSync(todo, 'u7\0p99\0Fs@s.example\0Xwhat\0')
  const rig = new SendRig(home)
  await rig.logged(/unknown record type/)
  for (let i = 0; i < 20; i++) {
    putMessage(home, [`r${i}@me.example`])
    rig.pull()
    rig.report(await rig.delivery(new RegExp(`^r${i}@`)), 'Kok\n')
  }
  assert.equal(rig.log.split('unknown record type').length, 2)
  rmSync(todo)
  putEnvelope(home, bad, ['mended@me.example'])
  rig.pull()
  await rig.delivery(/^mended@/)
  rig.kill('SIGKILL')
})

test('envelopes are capped where they enter: too many recipients, too many bytes, CR or LF in an address', () => {
  const home = makeHome()
  home.control('envelopercpts', '3\n')
  home.control('envelopebytes', '100\n')
  const exit = (envelope: string): number | string => runProgram(home, 'qmail-queue', { fds: { 0: 'hi\n', 1: envelope } }).exit
  assert.equal(exit('Fa@b\0Tc@d\0Tc@d\0Tc@d\0\0'), 0)
  assert.equal(exit('Fa@b\0Tc@d\0Tc@d\0Tc@d\0Tc@d\0\0'), 11)
  assert.equal(exit(`Fa@b\0T${'x'.repeat(120)}\0\0`), 11)
  assert.equal(exit('Fa\r\nDATA\r\n@b\0Tc@d\0\0'), 91)
  assert.equal(exit('Fa@b\0Tc@d\nBcc: e@f\0\0'), 91)
})
