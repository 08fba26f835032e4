import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WIDE_LIMIT } from '../../../src/queue/paths.ts'
import { Destination, NO_LIMITS } from '../../../src/send/destination/destination.ts'
import type { Held, Message } from '../../../src/send/message.ts'
import { Lane } from '../../../src/send/todo/lane.ts'

const message = (id: number, channel: 'local' | 'remote'): Message => ({
  id,
  birth: 0,
  bytes: 1,
  uid: 7,
  pid: 99,
  sender: 's@s.example',
  recipients: { local: [], remote: [], [channel]: [{ address: `u${id}@h${id}.example`, at: 0, isDone: false, note: undefined }] },
  notes: undefined,
  inLog: undefined
})

const held = (from: Message): Held => ({
  ...from,
  stage: 'express',
  isStarted: false,
  isLeaving: false,
  isBeingWritten: false,
  isForgotten: false,
  open: new Set(),
  afterwards: []
})

test('the lane holds as many messages of each channel as may be under way there; the next one waits with those of its submitter', () => {
  const lane = new Lane(({ address }) => new Destination(address, 1, NO_LIMITS))
  let id = 0
  for (const channel of ['local', 'remote'] as const) {
    const first = id + 1
    for (let n = 0; n < WIDE_LIMIT; n++) {
      const one = message(++id, channel)
      assert.equal(lane.placeFor(one, false), undefined)
      lane.add(held(one))
    }
    assert.deepEqual(lane.placeFor(message(++id, channel), false), { channel, key: 's7', claim: undefined })
    const oldest = lane.get(first)
    if (oldest) lane.remove(oldest)
    assert.equal(lane.placeFor(message(++id, channel), false), undefined)
  }
})
