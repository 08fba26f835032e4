import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HopCounter } from '../../../src/smtpd/hops.ts'

const hops = (wire: string, size = wire.length): number => {
  const counter = new HopCounter()
  const all = Buffer.from(wire, 'latin1')
  for (let at = 0; at < all.length; at += size) counter.push(all.subarray(at, at + size))
  return counter.hops
}

test('Received and Delivered lines of the header count, in any case and whatever follows', () => {
  const wire = 'Received: x\r\nDELIVERED-To: y\r\nreceivedabc\r\n Received: folded\r\nDeliver-To: no\r\nX-Received: no\r\n\r\nReceived: body\r\n'
  for (const size of [1, 3, 7, wire.length]) assert.equal(hops(wire, size), 3)
})

test('the header ends at the first empty line, or with the message', () => {
  assert.equal(hops('\r\nReceived: x\r\n'), 0)
  assert.equal(hops('Received: x\r\n.\r\nReceived: next message\r\n'), 1)
})
