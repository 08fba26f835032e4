import assert from 'node:assert/strict'
import { fromXtext, isXtext, toXtext } from '../../src/format/xtext.ts'
import { EnvelopeTail, withNotes } from '../../src/queue/envelope-tail.ts'
import {
  areWithin,
  believedNotes,
  infoText,
  packInfoNotes,
  packNotes,
  parseInfo,
  parseNotes,
  placedNotes,
  warningsEdit,
  warningsIn
} from '../../src/queue/notes.ts'
import { TodoReader } from '../../src/queue/todo.ts'
import { fuzz } from './harness.ts'

/** Notes that were understood say the same wherever they go: through a door, into todo/, into info/. */
const followNotes = (text: string): void => {
  const notes = parseNotes(text)
  if (notes === undefined) return
  const packed = packNotes(notes)
  if (packed === undefined) return
  assert.deepEqual(parseNotes(packed)?.recipients, notes.recipients)
  assert.doesNotMatch(packNotes(believedNotes(notes)) ?? '', /(?:^| )(?:u=|auth=|o=(?!local(?: |$)|forward(?: |$)))/)
  const tail = new EnvelopeTail()
  tail.push(withNotes(Buffer.alloc(0), packed))
  assert.equal(tail.notes, packed)
  const reader = new TodoReader()
  assert.deepEqual(reader.push(`u1\0p22 ${packed}\0Fa\0Tb\0`), ['b'])
  assert.ok(reader.isValid && reader.pid === 22 && reader.notes === packed && reader.sender === 'a')
  const placed = [...notes.recipients].map(([index, note]) => ({ ...note, channel: 'remote' as const, at: index, address: `a,b c=${index}@x` }))
  const info = infoText('a', packInfoNotes(notes.items, placed))
  const read = parseInfo(info)
  assert.equal(read?.sender, 'a')
  assert.equal(warningsIn(read?.notes ?? ''), 0)
  const orcpts = placed.filter(({ orcpt }) => orcpt !== undefined)
  assert.deepEqual(
    placedNotes(read?.notes ?? '')
      .flatMap((one) => (one.channel === 'remote' && one.orcpt !== undefined && one.address.startsWith('a,b c=') ? [one] : []))
      .slice(-orcpts.length || Number.POSITIVE_INFINITY),
    orcpts
  )
  const { at, bytes } = warningsEdit(info, 3)
  assert.equal(at + bytes.length <= info.length, true, 'in place')
  areWithin(notes, 3)
}

fuzz('xtext and the notes of a message', {
  corpus: [
    'v=1 o=net ret=H envid=QQ314159 r=1,n=FD,o=rfc822;joe@x r=0,n=N',
    'v=1 o=local utf8 tls body=8 w=0 envid=a+2Bb+3D r=0,o=utf-8;+5Cx{FC}@x r=7,n=SFD',
    'v=1 u=joe auth=joe@x r=12,n=S,o=rfc822;a,b+20c odd=1 w=4'
  ],
  words: [' ', '  ', 'r=', 'r=0', ',n=', ',o=', 'rfc822;', '+2B', '+', '=', 'w=', 'w=9', 'v=1', '\0', ',', 'rl=', 'rr=', 'o=auth', 'u=root'],
  run: async (chunks) => {
    const text = Buffer.concat(chunks).toString('latin1')
    followNotes(text)
    assert.equal(fromXtext(toXtext(text)), text)
    assert.ok(isXtext(toXtext(text)))
    if (isXtext(text)) assert.ok(/^[!-~]*$/.test(text))
    placedNotes(text)
    const tail = new EnvelopeTail()
    for (const chunk of chunks) tail.push(chunk)
    assert.ok((tail.notes ?? '').length <= text.length)
    const { at, bytes } = warningsEdit(`Fa\0${text}`, 5)
    const edited = `Fa\0${text}`.slice(0, at) + bytes + `Fa\0${text}`.slice(at + bytes.length)
    assert.equal(parseInfo(edited)?.sender, 'a')
  }
})
