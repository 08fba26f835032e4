import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { HEADER_BYTES, recordAt } from '../../src/log/format.ts'
import { replay } from '../../src/log/replay.ts'
import { SPLIT } from '../../src/queue/paths.ts'
import { GroupCommit } from '../../src/queued/group-commit.ts'
import { Intake, type Queue } from '../../src/queued/intake.ts'
import { LogKeeper } from '../../src/queued/log/keeper.ts'
import { LogLink } from '../../src/send/log-link.ts'
import { type Disk, type Luck, PowerRecorder } from '../helpers/power.ts'
import { until } from '../helpers/suite.ts'

const MESSAGES = Number(process.env.MESSAGES ?? 120)
/** Of the steps that neither sync nor acknowledge every third is looked at; in the long form all are. */
const STRIDE = process.env.MESSAGES === undefined ? 3 : 1
const SESSIONS = 8

const top = mkdtempSync(join(tmpdir(), 'power-'))
after(() => rmSync(top, { recursive: true, force: true }))
const root = `${top}/`
for (const folder of ['pid', 'intd', 'todo', 'lock', 'log', ...Array.from({ length: SPLIT }, (_, n) => `mess/${n}`)])
  mkdirSync(join(top, folder), { recursive: true })

/** Small ones, some of many pages, a few too large for the log. */
const bodyOf = (n: number): Buffer => Buffer.from(`message ${n}\n${'x'.repeat(n % 40 === 7 ? 300_000 : n % 5 === 0 ? 20_000 : n * 13)}\nend ${n}\n`)
const numberIn = (message: Buffer): number => Number(/\nmessage (\d+)\n/.exec(message.subarray(0, 200).toString('latin1'))?.[1] ?? -1)

/** The messages a start after the loss would find, whole: in the log, or in todo/ and mess/. Anything else in them is a failure. */
const found = (disk: Disk): Set<number> => {
  const segments = new Map([...disk].filter(([path]) => /\/log\/\d$/.test(path)).map(([path, bytes]) => [path.slice(-1), bytes]))
  const { undone, damage } = replay(segments)
  assert.deepEqual(damage, [])
  const messages = undone.map(({ message }) => message)
  for (const [path, envelope] of disk) {
    const id = /\/todo\/(\d+)$/.exec(path)?.[1]
    if (id === undefined) continue
    assert.match(envelope.toString('latin1'), /^u\d+\0p\d+\0Fs@s\0Tr@r\0$/)
    const mess = disk.get(join(top, 'mess', String(Number(id) % SPLIT), id))
    assert.ok(mess, `todo/${id} without its message`)
    messages.push(mess)
  }
  const numbers = messages.map(numberIn)
  for (const [i, message] of messages.entries()) {
    const body = message.subarray(message.indexOf('\n') + 1)
    assert.ok(body.equals(bodyOf(numbers[i] ?? -1)), `message ${numbers[i]} is torn`)
  }
  return new Set(numbers)
}

const submit = async (queue: Queue, n: number): Promise<void> => {
  const intake = new Intake(queue, { uid: 1, who: 'by uid 1', qp: undefined, startMs: 0 })
  intake.message(bodyOf(n))
  intake.endMessage()
  intake.envelope(Buffer.from('Fs@s\0Tr@r\0\0'))
  const { code } = await intake.finish()
  assert.equal(code, 0)
}

test('power lost after any step, whatever was not synced is gone or torn: every acknowledged message is there, whole', { timeout: 900_000 }, async (t) => {
  const recorder = new PowerRecorder(top)
  recorder.start()
  const group = new GroupCommit(root)
  const keeper = new LogKeeper({ root, group, maxBytes: 100_000, log: (line) => assert.fail(line) })
  await keeper.start()
  const server = createServer((socket) => keeper.connect(socket)).listen(join(top, 'socket'))
  // qmail-send: a third is delivered, a third becomes files, a third stays in the log until the end
  const deliver = (): void => {
    for (const { number, place, envelope } of link.take()) {
      assert.ok(place.bytes > envelope.length)
      if (link.isClosing || number % 3 === 1) link.spill(number, () => recorder.note(`spilled ${number}`))
      else if (number % 3 === 0) setImmediate(() => finish(number))
      else left.add(number)
    }
    if (link.isClosing) for (const number of left) left.delete(number) && link.spill(number, () => {})
    link.flush()
    if (link.isClosing && !link.isBusy) link.end()
  }
  const left = new Set<number>()
  const link: LogLink = new LogLink(() => setImmediate(deliver))
  const finish = (number: number): void => {
    recorder.note(`done ${number}`)
    link.done(number)
    link.flush()
  }
  await link.connect(join(top, 'socket'))
  await until('the log to be open', () => keeper.isOpen)
  let next = 0
  const session = async (): Promise<void> => {
    while (next < MESSAGES) {
      const n = next++
      await submit({ root, group, keeper, trouble: assert.fail, limits: { bytes: 1e6, recipients: 1e6 } }, n)
      recorder.note(`acknowledged ${n}`)
    }
  }
  await Promise.all(Array.from({ length: SESSIONS }, session))
  await keeper.stop()
  server.close()
  recorder.stop()
  assert.ok(statSync(join(top, 'log/0')).size > 0)

  // which message a number was when it was done: as the log had it then
  const owner = new Map<number, number>()
  const acknowledged = new Set<number>()
  const done = new Set<number>()
  let checked = 0
  for (const [index, event] of recorder.events.entries()) {
    if (event.kind === 'write') for (const { number, message } of recordsIn(event.data)) owner.set(number, numberIn(message))
    if (event.kind === 'note') {
      const [word, number] = event.text.split(' ')
      if (word === 'acknowledged') acknowledged.add(Number(number))
      if (word === 'done') done.add(owner.get(Number(number)) ?? -1)
    }
    if (event.kind !== 'note' && event.kind !== 'sync' && index % STRIDE !== 0) continue
    for (const luck of ['none', 'torn', 'all'] as Luck[]) {
      const there = found(recorder.diskAfter(index + 1, luck))
      const lost = [...acknowledged].filter((n) => !there.has(n) && !done.has(n))
      assert.deepEqual(lost, [], `lost by a loss of power after event ${index} of ${recorder.events.length}, with ${luck} of what was not synced`)
      checked++
    }
  }
  t.diagnostic(`${checked} losses of power, in ${recorder.events.length} steps`)
  assert.ok(checked > MESSAGES)
  assert.equal(acknowledged.size, MESSAGES)
})

/** The messages in bytes that were written at once. */
const recordsIn = (data: Buffer): { number: number; message: Buffer }[] => {
  const records: { number: number; message: Buffer }[] = []
  for (let at = data.indexOf('qlogM'); at >= 0; at = data.indexOf('qlogM', at + 1)) {
    const head = recordAt(data, at)
    if (head?.kind !== 'message') continue
    const start = at + HEADER_BYTES
    records.push({ number: head.number, message: data.subarray(start + head.envelopeBytes, start + head.payloadBytes) })
  }
  return records
}
