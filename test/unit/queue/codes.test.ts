import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdict } from '../../../src/queue/codes.ts'

const of = (code: number | null, text = '', weFailed = false) => verdict({ code, text, qp: 1, weFailed })

test('only exit 0 after everything was handed over is success', () => {
  assert.deepEqual(of(0), { kind: 'ok' })
  assert.deepEqual(of(0, '', true), { kind: 'temporary', text: 'qq read error (#4.3.0)' })
  assert.deepEqual(of(null), { kind: 'temporary', text: 'qq crashed (#4.3.0)' })
})

test('11 to 40 and 115 are permanent, all others temporary', () => {
  for (let code = 1; code < 256; code++) assert.equal(of(code).kind, (code >= 11 && code <= 40) || code === 115 ? 'permanent' : 'temporary', String(code))
})

test('exit 82 speaks through descriptor 6, up to the first line end', () => {
  assert.deepEqual(of(82, 'Dno thanks (#5.7.1)\r\nmore'), { kind: 'permanent', text: 'no thanks (#5.7.1)' })
  assert.deepEqual(of(82, 'Zlater'), { kind: 'temporary', text: 'later' })
  assert.deepEqual(of(82, 'Xodd'), { kind: 'temporary', text: 'odd' })
  assert.deepEqual(of(82, 'Dx'), { kind: 'temporary', text: 'qq temporary problem (#4.3.0)' })
  assert.deepEqual(of(31, 'Dtext is ignored'), { kind: 'permanent', text: 'mail server permanently rejected message (#5.3.0)' })
})
