import assert from 'node:assert/strict'
import { serveQmqp } from '../../src/qmtp/qmqpd.ts'
import { clientOf, fuzz, memoryQueue } from './harness.ts'

fuzz('qmail-qmqpd', {
  corpus: ['24:5:hi\r\nx,3:a@b,3:u@x,1:v,,', '16:3:abc,0:,3:u@x,,', '9:0:,3:a@b,,'],
  words: [':', ',', ',,', '3:u@x,', '0:', '\n', '100000:'],
  run: async (chunks) => {
    const { input, output, said } = clientOf(chunks)
    const queue = memoryQueue()
    const exit = await serveQmqp({ input, output, env: {}, open: queue.open })
    assert.ok([0, 100, 111].includes(exit), `exit ${exit}`)
    assert.equal(queue.left(), 0, 'a message is neither finished nor given up')
    assert.ok(queue.taken.length <= 1)
    assert.match(said(), /^(\d+:[KZD][^\0]*,)?$/)
    assert.equal(said().includes(':K'), queue.taken.length === 1)
  }
})
