import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Forwarding, forwardedNotes, noteForProgram } from '../../../src/queue/forwarded-notes.ts'
import { MAX_NOTES_BYTES, parseNotes } from '../../../src/queue/notes.ts'

const forwarded = (text: string, address: string, forwarding: Forwarding, count = 1): string | undefined => {
  const notes = parseNotes(text)
  assert.ok(notes)
  return forwardedNotes(notes, address, forwarding, count)
}

test('where a message came from, and what is not known, stays behind', () => {
  assert.equal(forwarded('v=1 o=auth u=joe auth=joe@x odd=1 tls notls r=0,n=F', 'joe@x', 'alias'), 'v=1 o=forward tls notls r=0,n=F,o=rfc822;joe@x')
})

test('without the wish to hear of success, who wished for that alone hears of nothing', () => {
  assert.deepEqual(
    ['S', 'SF', 'SFD', 'D', 'N', undefined].map((notify) => noteForProgram({ notify, orcpt: undefined }).notify),
    ['N', 'F', 'FD', 'D', 'N', undefined]
  )
})

test('the address it had is named as ORCPT names addresses, unless it is too long for that', () => {
  assert.equal(forwarded('v=1 r=0,n=F', 'a+b=c d@x', 'alias'), 'v=1 o=forward r=0,n=F,o=rfc822;a+2Bb+3Dc+20d@x')
  assert.equal(forwarded('v=1 utf8 r=0,n=F', 'j\xc3\xb6e+x@x', 'alias'), 'v=1 o=forward utf8 r=0,n=F,o=utf-8;j\\x{F6}e\\x{2B}x@x')
  assert.equal(forwarded('v=1 r=0,n=F', `${'x'.repeat(600)}@x`, 'alias'), 'v=1 o=forward r=0,n=F')
})

test('of notes on too many recipients those on the message are kept: TLS is demanded all the same', () => {
  const count = Math.ceil(MAX_NOTES_BYTES / 20)
  assert.equal(forwarded('v=1 tls envid=E r=0,n=F', 'joe@x', 'copy', count), 'v=1 o=forward tls envid=E')
})

test('a list takes nothing along that its sender asked for; with nothing left there are no notes', () => {
  assert.equal(forwarded('v=1 utf8 body=8 ret=H envid=E r=0,n=SF,o=rfc822;x@y', 'list@x', 'list', 2), 'v=1 o=forward utf8 body=8')
  assert.equal(forwarded('v=1 body=8 ret=H envid=E r=0,n=SF', 'list@x', 'list'), undefined)
})
