/** A trigger that was missing, or made anew while the suite ran (queue-fix does that), left every message waiting for 1500 seconds, without a word. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Home, makeHome } from '../helpers/home.ts'
import { putMessage, SendRig } from '../helpers/send-rig.ts'
import { until } from '../helpers/suite.ts'

const makeRigHome = (): Home => {
  const home = makeHome()
  home.control('locals', 'me.example\n')
  return home
}

for (const signal of ['SIGALRM', 'SIGHUP'] as const) {
  test(`a trigger made anew is watched again after ${signal}`, async () => {
    const home = makeRigHome()
    const rig = new SendRig(home)
    await rig.logged(/status/)
    rmSync(home.at('queue/lock/trigger'))
    execFileSync('mkfifo', [home.at('queue/lock/trigger')])
    rig.kill(signal)
    // nobody reads a FIFO that is not watched: pulling it fails
    await until('the new one to be read', () => {
      try {
        rig.pull()
        return true
      } catch {
        return false
      }
    })
    putMessage(home, ['a@me.example'])
    rig.pull()
    await rig.delivery(/^a@/)
    rig.kill('SIGKILL')
  })
}

test('a trigger that is no FIFO is told once, and messages are found all the same after a signal', async () => {
  const home = makeRigHome()
  rmSync(home.at('queue/lock/trigger'))
  writeFileSync(home.at('queue/lock/trigger'), '')
  const rig = new SendRig(home)
  await rig.logged(/warning: unable to watch lock\/trigger: not a FIFO; new messages may wait\n/)
  putMessage(home, ['a@me.example'])
  rig.kill('SIGALRM')
  await rig.delivery(/^a@/)
  assert.equal(rig.log.split('unable to watch').length, 2)
  rig.kill('SIGKILL')
})
