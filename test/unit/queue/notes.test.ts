import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  areWithin,
  believedNotes,
  notesOn,
  originalOf,
  packInfoNotes,
  packNotes,
  parseInfo,
  parseNotes,
  placedNotes,
  wants,
  warningsEdit,
  warningsIn
} from '../../../src/queue/notes.ts'

test('info/ holds the sender, and notes behind it if there are any', () => {
  assert.deepEqual(parseInfo('Fa@b\0'), { sender: 'a@b', notes: '' })
  assert.deepEqual(parseInfo('F\0Nv=1 w=2\0'), { sender: '', notes: 'v=1 w=2' })
  assert.deepEqual(parseInfo('Fa@b\0Nv=1'), { sender: 'a@b', notes: '' })
  assert.deepEqual(parseInfo('Fa@b\0eforeign\0'), { sender: 'a@b', notes: '' })
  assert.equal(parseInfo('Fa@b'), undefined)
  assert.equal(parseInfo(''), undefined)
})

const edited = (text: string, warnings: number): string => {
  const { at, bytes } = warningsEdit(text, warnings)
  return text.slice(0, at) + bytes + text.slice(at + bytes.length)
}

test('the number of warnings is written in place, and read again', () => {
  for (const text of ['Fa@b\0', 'F\0Nv=1\0', 'Fw=7\0Nw=0\0', 'Fa\0Nv=1 envid=w=3 w=0 ret=F\0', 'Fa\0Nv=1 w=0\0', 'Fa\0Nv=1 raw=4\0']) {
    const first = edited(text, 1)
    assert.deepEqual(parseInfo(first)?.sender, parseInfo(text)?.sender, text)
    assert.equal(warningsIn(parseInfo(first)?.notes ?? ''), 1, text)
    const second = edited(first, 2)
    assert.equal(second.length, first.length, text)
    assert.equal(warningsIn(parseInfo(second)?.notes ?? ''), 2, text)
  }
  assert.equal(edited('Fa\0Nv=1 envid=w=3 w=0 ret=F\0', 1), 'Fa\0Nv=1 envid=w=3 w=1 ret=F\0')
  assert.equal(warningsIn('v=1 w=x'), 0)
})

test("an envelope's notes: recipients apart from the rest; what makes no sense does not count at all", () => {
  const text = 'v=1 o=net ret=H envid=QQ314159 r=1,n=FD,o=rfc822;joe@x r=3,n=N odd=1'
  const notes = parseNotes(text)
  assert.ok(notes)
  assert.deepEqual(notes.items, ['v=1', 'o=net', 'ret=H', 'envid=QQ314159', 'odd=1'])
  assert.deepEqual(
    [...notes.recipients],
    [
      [1, { notify: 'FD', orcpt: 'rfc822;joe@x' }],
      [3, { notify: 'N', orcpt: undefined }]
    ]
  )
  assert.equal(packNotes(notes), 'v=1 o=net ret=H envid=QQ314159 odd=1 r=1,n=FD,o=rfc822;joe@x r=3,n=N')
  assert.deepEqual(parseNotes(packNotes(notes) ?? ''), notes)
  assert.ok(areWithin(notes, 4) && !areWithin(notes, 3))
  for (const bad of [
    '',
    ' v=1',
    'v=1  w=0',
    'v=1 ',
    'v=1\0',
    'r=1 r=1',
    'r=01',
    'r=-1',
    'r=1,n=',
    'r=1,n=FN',
    'r=1,n=DF',
    'r=1,o=joe@x',
    'r=1,o=rfc822;a=b',
    'caf\xe9'
  ])
    assert.equal(parseNotes(bad), undefined, JSON.stringify(bad))
  assert.equal(parseNotes(`v=1 x=${'y'.repeat(65_536)}`), undefined)
  assert.equal(packNotes({ items: [], recipients: new Map() }), undefined)
  assert.equal(packNotes({ items: [`x=${'y'.repeat(65_536)}`], recipients: new Map() }), undefined)
})

test('of an ordinary user only what asks for reports, or takes rights away, is believed', () => {
  const notes = parseNotes('v=1 o=auth u=root auth=joe@x tls ret=F envid=7 body=8 odd=1 r=0,n=N')
  assert.ok(notes)
  assert.equal(packNotes(believedNotes(notes)), 'v=1 o=local tls ret=F envid=7 body=8 r=0,n=N')
  assert.deepEqual(believedNotes({ items: ['o=forward'], recipients: new Map() }).items, ['o=forward'])
})

test('in info/ recipients are known by channel and place, with the addresses they were sorted by', () => {
  const placed = [
    { channel: 'local' as const, at: 0, address: 'j o,e@x', notify: 'S', orcpt: 'rfc822;a,b+2B@x' },
    { channel: 'remote' as const, at: 120, address: 'far@away', notify: 'N', orcpt: undefined }
  ]
  const text = packInfoNotes(['v=1', 'e=0123456789abcdef', 'ret=H', 'w=7'], placed)
  assert.equal(text, 'v=1 ret=H w=0 rl=0,n=S,a=j+20o+2Ce@x,o=rfc822;a,b+2B@x rr=120,n=N')
  assert.deepEqual(placedNotes(text), [placed[0], { ...placed[1], address: '' }])
  assert.deepEqual(notesOn(text, 'remote'), new Map([[120, { notify: 'N', orcpt: undefined }]]))
  assert.equal(notesOn('v=1 w=0', 'local'), undefined)
  assert.deepEqual(originalOf('rfc822;a,b+2B@x'), { type: 'rfc822', address: 'a,b+@x' })
})

test('who asked for nothing hears of failures and delays, who asked for something of that alone', () => {
  const heard = (notify: string | undefined) =>
    (['F', 'D', 'S'] as const).filter((letter) => wants(notify === undefined ? undefined : { notify, orcpt: undefined }, letter)).join('')
  assert.deepEqual([undefined, 'N', 'S', 'F', 'FD'].map(heard), ['FD', '', 'S', 'F', 'FD'])
  assert.ok(wants({ notify: undefined, orcpt: 'rfc822;a' }, 'F'))
})
