import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Destination, NO_LIMITS } from '../../../src/send/destination/destination.ts'
import { DestinationQueues } from '../../../src/send/destination/queues.ts'
import { type Claim, Shares } from '../../../src/send/shares.ts'
import { until } from '../../helpers/wait.ts'

/** Slots, as a channel has them; what is taken out of the queues takes one. */
class Slots {
  readonly shares = new Shares()
  free: number
  constructor(free: number) {
    this.free = free
  }
  blocked(claims: readonly Claim[]): Claim | undefined {
    return this.shares.blocked(claims, this.free)
  }
  isUnused(key: string): boolean {
    return this.shares.isUnused(key)
  }
}

const soon = (): number => Date.now() / 1000 + 1
const known = (name: string, number: number): Destination => {
  const made = new Destination(name, number, NO_LIMITS)
  const visit = { startedAt: Date.now() }
  made.begin(visit)
  made.end(visit, 'answered', Date.now())
  return made
}

class Rig {
  readonly queues = new DestinationQueues()
  readonly slots: Slots
  readonly of = new Map<number, Destination>()
  constructor(free: number) {
    this.slots = new Slots(free)
  }
  put(id: number, destination: Destination, due = 0, birth = Date.now() / 1000): void {
    this.of.set(id, destination)
    this.queues.learn(id, destination, birth)
    this.queues.insert(id, due)
  }
  /** What starts now, in order. */
  take(now = soon()): number[] {
    const taken: number[] = []
    while (this.slots.free > 0) {
      const id = this.queues.takeDue(now, this.slots)
      if (id === undefined) break
      taken.push(id)
      this.slots.free--
      this.slots.shares.take(this.of.get(id)?.claims(Date.now()) ?? [])
    }
    return taken
  }
  end(id: number): void {
    this.slots.free++
    this.slots.shares.give(this.of.get(id)?.claims(Date.now()) ?? [])
  }
}

test('destinations take turns, whatever waits for each, and one with nothing under way comes first', () => {
  const rig = new Rig(8)
  const [a, b] = [known('a', 1), known('b', 2)]
  for (let i = 0; i < 100; i++) rig.put(100 + i, a, i)
  for (let i = 0; i < 3; i++) rig.put(200 + i, b, 500 + i)
  const taken = rig.take()
  assert.deepEqual([...taken].sort(), [100, 101, 102, 103, 200, 201, 202].sort(), 'and the last slot is kept')
  assert.deepEqual(taken.slice(0, 4), [100, 200, 101, 201])
  rig.put(300, known('c', 3), 1000)
  assert.deepEqual(rig.take(), [300])
})

test('one that has its share stands apart, and goes on when it ends one', () => {
  const rig = new Rig(5)
  const a = known('a', 1)
  for (let i = 0; i < 10; i++) rig.put(i, a, i)
  assert.deepEqual(rig.take(), [0, 1, 2, 3])
  rig.end(1)
  assert.deepEqual(rig.take(), [4])
  assert.equal(rig.queues.entries().length, 5)
})

test('in a pause only those are looked at whose senders are to be warned, once each, and those whose time is over', async () => {
  const rig = new Rig(20)
  const [a, now] = [known('a', 1), Date.now() / 1000]
  rig.queues.ages = [1000, 5001]
  rig.put(1, a, 0, now - 6000)
  rig.put(2, a, 0, now - 999.9)
  rig.put(3, a, 1, now - 100)
  rig.put(4, a, 2, now - 2000)
  for (let i = 0; i < 3; i++) {
    const last = { startedAt: Date.now() }
    a.begin(last)
    a.end(last, 'trouble', Date.now())
  }
  rig.queues.touch(a)
  assert.deepEqual(rig.take(now), [1])
  rig.end(1)
  assert.deepEqual(rig.take(now), [])
  await until('the time of the second one', () => Date.now() / 1000 > now + 0.2)
  assert.deepEqual(rig.take(now + 0.2), [2])
  rig.end(2)
  rig.queues.insert(2, 3)
  assert.deepEqual(rig.take(now + 0.2), [])
  assert.deepEqual([rig.queues.pauseOf(3) !== undefined, (rig.queues.firstDue ?? 0) > now + 50], [true, true], 'the others wait for the end of the pause')
  rig.queues.hurry(3)
  assert.equal(rig.queues.pauseOf(3), undefined)
  assert.deepEqual(rig.take(now + 0.2), [3, 4, 2])
})

test('dueOf, remove, allDue, entries', () => {
  const rig = new Rig(20)
  const [a, b] = [known('a', 1), known('b', 2)]
  rig.put(1, a, 2e9)
  rig.put(2, b, 3e9)
  rig.put(3, b, 4e9)
  assert.deepEqual([rig.queues.dueOf(1), rig.queues.dueOf(3), rig.queues.dueOf(4)], [2e9, 4e9, undefined])
  assert.deepEqual(rig.take(), [])
  rig.queues.remove(2)
  assert.deepEqual(
    rig.queues.entries().sort((x, y) => x.id - y.id),
    [
      { id: 1, due: 2e9 },
      { id: 3, due: 4e9 }
    ]
  )
  rig.queues.allDue(5)
  assert.deepEqual(rig.take().sort(), [1, 3])
  assert.equal(rig.queues.firstDue, undefined)
})
