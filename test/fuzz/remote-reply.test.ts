import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Connection, ConnectionDied } from '../../src/net/client.ts'
import { readReply } from '../../src/net/client-reply.ts'
import { offersIn } from '../../src/remote/offers.ts'
import { report } from '../../src/remote/report.ts'
import { fuzz } from './harness.ts'

const SHOWN_BYTES = 5000

/** As much of a socket as reading takes. */
const socket = { resume: () => {}, destroy: () => {} } as unknown as Socket

fuzz("qmail-remote's reply parser", {
  corpus: [
    '220 hi\r\n250-hi\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 HELP\r\n250 ok\r\n250 ok\r\n354 go\r\n250 done\r\n',
    '220-a\r\n220-b\r\n220 c\r\n550-5.1.1 no\r\n550 such\0user\r\n421 bye\r\n',
    '250-hi\r\n250-LIMITS RCPTMAX=20 MAILMAX=5\r\n250-LIMITS RCPTMAX=0\r\n250 SMTPUTF8\r\n',
    `250-${'x'.repeat(6000)}\r\n250 y\nabc\r\n`
  ],
  words: ['-', ' ', '\r\n', '\n', '\r', '\0', '250', '250-', '554 ', 'SIZE', 'SIZE=', 'PIPELINING', 'LIMITS', ' RCPTMAX=', '0', '9'],
  run: async (chunks) => {
    const connection = new Connection(socket)
    for (const chunk of chunks) connection.receive(chunk.toString('latin1'))
    connection.end()
    const all = Buffer.concat(chunks).toString('latin1')
    const lines = all.split('\n').slice(0, -1)
    for (let n = 0; ; n++) {
      try {
        const reply = await readReply(connection)
        assert.ok(Number.isInteger(reply.code) && reply.code >= 0 && reply.code <= 999, String(reply.code))
        assert.ok(reply.text.length <= SHOWN_BYTES && !/[\r\0]/.test(reply.text))
        assert.equal(report('D', '', reply).indexOf('\0'), report('D', '', reply).length - 1, 'a report within a report')
        const offers = offersIn(reply, new Set())
        assert.ok(offers.size === undefined || offers.size > 0)
        assert.ok(offers.mostRecipients > 0)
      } catch (error) {
        if (!(error instanceof ConnectionDied)) throw error
        assert.ok(n <= lines.length)
        return
      }
    }
  }
})
