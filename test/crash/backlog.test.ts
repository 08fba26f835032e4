/** qmail-send is killed while a backlog is delivered and its files are on their way out, beside the loop. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHome } from '../helpers/home.ts'
import { queueFiles } from '../helpers/queue-files.ts'
import { NO_INODE, putWaiting, SendRig } from '../helpers/send-rig.ts'
import { attachStrace, type Tracer, withoutStrace } from '../helpers/strace.ts'
import { until } from '../helpers/suite.ts'
import { PATIENT } from '../helpers/wait.ts'

const MESSAGES = 400
/** Files that may be on their way out (src/send/departures.ts), and passes that have begun before there were so many: concurrencylocal and concurrencyremote. */
const MAX_AGAIN = 64 + 10 + 20
const ended = (log: string): Set<number> => new Set([...log.matchAll(/^end msg (\d+)$/gm)].map(([, id]) => Number(id)))

for (const { kill, isSlow } of [
  { kill: 1, isSlow: false },
  { kill: 100, isSlow: false },
  { kill: 300, isSlow: false },
  { kill: 150, isSlow: true }
]) {
  const name = `killed after ${kill} of ${MESSAGES} messages have left${isSlow ? ', on a slow disk' : ''}: none is lost, and of those that were delivered few are delivered again`
  test(name, { ...PATIENT, skip: isSlow && withoutStrace }, async () => {
    const home = makeHome()
    home.control('locals', 'me.example\n')
    const now = Math.floor(Date.now() / 1000)
    const ids = Array.from({ length: MESSAGES }, (_, n) => NO_INODE + n)
    for (const id of ids) putWaiting(home, [`u${id}@me.example`], { id, birth: now - 1000, due: now - 1, channel: 'local' })
    const start = async (isTraced: boolean): Promise<{ rig: SendRig; delivered: Set<number>; tracer: Tracer | undefined }> => {
      const rig = new SendRig(home, { resident: true })
      const tracer = isTraced ? await attachStrace(home, rig.pid, ['-e', 'trace=unlink', '-e', 'inject=unlink:delay_enter=20000']) : undefined
      const delivered = new Set<number>()
      rig.onDelivery = ({ id }) => {
        assert.ok(!delivered.has(id), `${id} twice from one qmail-send`)
        delivered.add(id)
        return 'Kok\n'
      }
      for (const asked of rig.asked.splice(0)) rig.report(asked, rig.onDelivery(asked) ?? '') // those before the tracer was there
      return { rig, delivered, tracer }
    }
    const first = await start(isSlow)
    await until('some to leave', () => ended(first.rig.log).size >= kill)
    first.rig.kill('SIGKILL')
    await first.rig.ended
    await first.tracer?.kill()
    const second = await start(false)
    await until('all to leave', () => queueFiles(home, ['info']).length === 0) // whose last line was not written yet has left without it
    const again = [...second.delivered].filter((id) => first.delivered.has(id))
    assert.equal(new Set([...first.delivered, ...second.delivered]).size, MESSAGES)
    assert.ok(again.length <= MAX_AGAIN, `${again.length} delivered again`)
    assert.deepEqual(
      again.filter((id) => ended(first.rig.log).has(id)),
      [],
      'none that had left'
    )
    assert.equal(await second.rig.stop(), 0)
    assert.deepEqual(queueFiles(home, ['info', 'local', 'mess', 'todo']), [])
  })
}
