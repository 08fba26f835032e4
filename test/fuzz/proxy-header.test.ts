import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { parseProxyHeader } from '../../src/net/proxy-header.ts'
import { fuzz } from './harness.ts'

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n'

fuzz('PROXY headers', {
  corpus: [
    'PROXY TCP4 192.0.2.7 203.0.113.1 4000 25\r\nEHLO x\r\n',
    'PROXY TCP6 2001:db8::1 ::1 4000 25\r\n',
    'PROXY UNKNOWN\r\n',
    `${SIGNATURE}\x21\x11\0\x0c\xc0\0\x02\x07\xcb\0q\x01\x0f\xa0\0\x19rest`,
    `${SIGNATURE}\x21\x21\0\x24${'\xfe'.repeat(36)}`,
    `${SIGNATURE}\x20\0\0\0`
  ],
  words: ['\r\n', 'PROXY ', 'TCP4 ', 'UNKNOWN', SIGNATURE, '\xff\xff', ' ', '::', '1.2.3.4'],
  run: (chunks) => {
    const data = Buffer.concat(chunks)
    for (let taken = 0; ; ) {
      const header = parseProxyHeader(data.subarray(0, taken))
      if (header.kind === 'more') {
        assert.ok(header.bytes > taken && header.bytes <= 4096, `${header.bytes} after ${taken}`)
        if (taken === data.length) return
        taken = Math.min(header.bytes, data.length)
        continue
      }
      if (header.kind === 'ok' && header.ends) {
        const { localIp, remoteIp, localPort, remotePort } = header.ends
        assert.ok(isIP(localIp) > 0 && isIP(remoteIp) > 0, `${localIp} ${remoteIp}`)
        for (const port of [localPort, remotePort]) assert.ok(Number.isInteger(port) && port >= 0 && port <= 65_535)
      }
      return
    }
  }
})
