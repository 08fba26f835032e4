import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masked } from '../../../src/send/log.ts'

test('text from outside is masked for the log', () => {
  assert.equal(masked('\x80\xff%\t\x7f~!\r\n'), '_____~!_/')
  assert.equal(masked('send er@b%%c.org'), 'send_er@b__c.org')
})
