import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'
import { connectTo } from '../../src/net/client.ts'

// A server that accepts and resets at once was now and then taken for one that refuses: the reset was there before we heard of the connection.
test('a connection that is reset as soon as it stands counts as a connection that died, not as a refusal', async () => {
  const server = createServer((socket) => socket.resetAndDestroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1024, resolve))
  after(() => server.close())
  const { port } = server.address() as AddressInfo
  const block = new Int32Array(new SharedArrayBuffer(4))
  for (let round = 0; round < 40; round++) {
    const attempts = Array.from({ length: 25 }, () => connectTo('127.0.0.1', port, 10))
    setImmediate(() => Atomics.wait(block, 0, 0, 2)) // the server's turn comes before ours
    for (const connection of await Promise.all(attempts)) {
      assert.notEqual(connection, 'refused')
      if (typeof connection === 'string') assert.fail(connection)
      await assert.rejects(connection.read(), /connection died/)
    }
  }
})
