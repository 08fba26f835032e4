import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { dice } from '../helpers/dice.ts'
import { makeHome } from '../helpers/home.ts'
import { putMessage, queueFiles, SendRig } from '../helpers/send-rig.ts'
import { until } from '../helpers/suite.ts'

/** Is every file of the queue part of a state the spec knows (queue.md 1.3)? */
const isLegal = (names: Set<string>): boolean =>
  [...names].every((name) => {
    const [folder, id] = name.split('/')
    const has = (other: string): boolean => names.has(`${other}/${id}`)
    if (folder === 'mess') return true
    if (folder === 'bounce') return has('mess') && has('info') && !has('todo')
    return has('mess') && (folder === 'todo' || folder === 'intd' || has('todo') || has('info'))
  })

for (const resident of [true, false]) {
  test(`killed again and again, ${resident ? 'in the express lane' : 'in its first gear'}: every recipient is delivered at least once, and all messages leave`, async () => {
    const home = makeHome()
    home.control('locals', 'me.example\n')
    const roll = dice(resident ? 7 : 11)
    const [wanted, delivered] = [new Set<string>(), new Set<string>()]
    const start = (): SendRig => {
      const rig = new SendRig(home, { resident })
      rig.onDelivery = ({ recipient }) => {
        if (roll() < 0.25) return 'Zlater\n'
        delivered.add(recipient)
        return 'Kok\n'
      }
      return rig
    }
    for (let round = 0; round < 10; round++) {
      const rig = start()
      await rig.logged(/status/)
      for (let i = 0; i < 8; i++) {
        const recipients = [`r${round}-${i}@me.example`, `r${round}-${i}@far.example`].slice(roll() < 0.5 ? 0 : 1)
        for (const recipient of recipients) wanted.add(recipient)
        putMessage(home, recipients)
        rig.pull()
      }
      await delay(roll() * 25)
      rig.kill('SIGKILL')
      await rig.ended
      assert.ok(isLegal(new Set(Object.keys(queueFiles(home)))), JSON.stringify(queueFiles(home)))
    }
    const last = start()
    await last.logged(/status/)
    const look = (): boolean => {
      last.kill('SIGALRM')
      return Object.keys(queueFiles(home)).every((name) => name.startsWith('mess/'))
    }
    await until('a queue with nothing but messages caught on their way out (S2), which the sweep removes 36 hours later', look)
    assert.equal(await last.stop(), 0)
    assert.deepEqual(
      [...wanted].filter((recipient) => !delivered.has(recipient)),
      []
    )
  })
}
