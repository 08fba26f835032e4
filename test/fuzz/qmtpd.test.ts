import assert from 'node:assert/strict'
import { serveQmtp } from '../../src/qmtp/qmtpd.ts'
import { clientOf, fuzz, memoryQueue } from './harness.ts'

const settings = () => ({ rcpthosts: new Set(['x', '.y']), morercpthosts: '/nonexistent/cdb', databytes: 100 })

fuzz('qmail-qmtpd', {
  corpus: [
    '4:\nhi\n,3:a@b,12:3:u@x,3:v@y,,',
    '7:\rhi\r\nx\r,0:,6:3:u@x,,4:\nab\n,3:a@b,6:3:v@x,,',
    `203:\n${'m'.repeat(202)},3:a@b,6:3:u@x,,`,
    '1:\n,3:a@b,0:,'
  ],
  words: [':', ',', ',,', '3:u@x,', '0:', '\r\n', '\n', '@', '1000:', '6:3:u@x,,'],
  run: async (chunks) => {
    const { input, output, said } = clientOf(chunks)
    const queue = memoryQueue()
    const exit = await serveQmtp({ input, output, env: {}, open: queue.open }, settings)
    assert.ok([0, 100, 111].includes(exit), `exit ${exit}`)
    assert.equal(queue.left(), 0, 'a message is neither finished nor given up')
    for (const { recipients } of queue.taken) assert.ok(recipients.every((r) => /@x$|^[^@]*$|@.*\.y$/i.test(r) && !r.includes('\0')))
    assert.match(said(), /^(\d+:[KZD][^\0]*?,)*$/)
  }
})
