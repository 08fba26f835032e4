import type { Bytes } from '../core/bytes.ts'
import { fromXtext, isXtext, toXtext } from '../format/xtext.ts'
import { CHANNELS, type Channel } from './paths.ts'

/**
 * The notes of a message (spec modern.md 5.6): what ESMTP said of it besides its envelope, as items joined by a space, NAME or NAME=VALUE, each value xtext. They stand
 * where no other program minds them: behind the number in the `p` record of an envelope, and in a second record, `N`, of info/.
 */
export type NotesText = Bytes

export const MAX_NOTES_BYTES = 65_536

/** What a message's sender asked for about one recipient (RFC 3461). */
export interface RecipientNote {
  /** `N`: never tell; else any of `S` (success), `F` (failure), `D` (delay); undefined: nothing was said. */
  notify: string | undefined
  /** The address it was first, `TYPE;XTEXT`. */
  orcpt: Bytes | undefined
}

/** Notes taken apart. */
export interface Notes {
  /** All but those of recipients, as they are. */
  items: Bytes[]
  /** By place in the envelope, from 0. */
  recipients: Map<number, RecipientNote>
}

/** A recipient that has a note, once it stands in a channel's file. */
export interface PlacedNote extends RecipientNote {
  channel: Channel
  /** Where its record begins. */
  at: number
  address: Bytes
}

const NOTIFY = '(?:,n=(N|S?F?D?))?'
const ENVELOPE_ITEM = new RegExp(`^r=(0|[1-9][0-9]{0,7})${NOTIFY}(?:,o=(.+))?$`)
const INFO_ITEM = new RegExp(`^r([lr])=([0-9]{1,12})${NOTIFY}(?:,a=([^,]*))?(?:,o=(.+))?$`)

/** Is this the value of ORCPT: `TYPE;XTEXT`, at most 500 bytes? */
export const isOrcpt = (value: Bytes): boolean => {
  const [, address] = /^[A-Za-z0-9-]+;(.+)$/.exec(value) ?? []
  return value.length <= 500 && address !== undefined && isXtext(address)
}

/** What `TYPE;XTEXT` means: the type, and the address in the clear. */
export const originalOf = (orcpt: Bytes): { type: Bytes; address: Bytes } => {
  const at = orcpt.indexOf(';')
  return { type: orcpt.slice(0, at), address: fromXtext(orcpt.slice(at + 1)) }
}

/** Takes the notes of an envelope apart. Undefined when they make no sense: then they do not count at all. */
export const parseNotes = (text: NotesText): Notes | undefined => {
  if (text.length > MAX_NOTES_BYTES || !/^[!-~]+(?: [!-~]+)*$/.test(text)) return undefined
  const notes: Notes = { items: [], recipients: new Map() }
  for (const item of text.split(' ')) {
    if (!item.startsWith('r=')) {
      notes.items.push(item)
      continue
    }
    const [, digits, notify, orcpt] = ENVELOPE_ITEM.exec(item) ?? []
    const index = Number(digits)
    if (digits === undefined || notify === '' || notes.recipients.has(index) || (orcpt !== undefined && !isOrcpt(orcpt))) return undefined
    notes.recipients.set(index, { notify, orcpt })
  }
  return notes
}

/** Are all recipients that have notes among so many? */
export const areWithin = ({ recipients }: Notes, count: number): boolean => [...recipients.keys()].every((index) => index < count)

/** The notes of an envelope as text; undefined when there are none, or they would be too long. */
export const packNotes = ({ items, recipients }: Notes): NotesText | undefined => {
  const parts = [...recipients].map(([index, { notify, orcpt }]) => `r=${index}${notify ? `,n=${notify}` : ''}${orcpt ? `,o=${orcpt}` : ''}`)
  if (items.length + parts.length === 0) return undefined
  const text = ['v=1', ...items.filter((item) => item !== 'v=1'), ...parts].join(' ')
  return text.length > MAX_NOTES_BYTES ? undefined : text
}

/** The notes on an envelope of one of its recipients alone. */
export const notesOnOne = ({ items, recipients }: Notes, index: number): NotesText | undefined => {
  const note = recipients.get(index)
  return packNotes({ items, recipients: new Map(note && [[0, note]]) })
}

/** The items that are believed of whoever hands a message in through drop/, and is no account of the suite. */
const BELIEVED = /^(?:v=1|utf8|tls|notls|body=[78b]|ret=[FH]|envid=.+|o=forward)$/

/** The notes of an ordinary user: what nobody but the suite may say is left out, and where it comes from is `local`. */
export const believedNotes = ({ items, recipients }: Notes): Notes => ({
  items: items.map((item) => (item.startsWith('o=') && item !== 'o=forward' ? 'o=local' : item)).filter((item) => item === 'o=local' || BELIEVED.test(item)),
  recipients
})

/** The notes as they stand in info/: recipients by the place of their record, and how many delay warnings were sent. */
export const packInfoNotes = (items: readonly Bytes[], placed: readonly PlacedNote[]): NotesText => {
  const parts = placed.map(
    ({ channel, at, address, notify, orcpt }) =>
      `r${channel.charAt(0)}=${at}${notify ? `,n=${notify}` : ''}${orcpt ? `,a=${toXtext(address).replaceAll(',', '+2C')},o=${orcpt}` : ''}`
  )
  return [...items.filter((item) => !/^(?:[we]|r[lr])=/.test(item)), 'w=0', ...parts].join(' ')
}

/** The notes on recipients in the notes of info/; what makes no sense is passed over. */
export const placedNotes = (notes: NotesText): PlacedNote[] =>
  notes.split(' ').flatMap((item) => {
    const [, letter, digits, notify, address = '', orcpt] = INFO_ITEM.exec(item) ?? []
    const channel = CHANNELS.find((name) => name.charAt(0) === letter)
    return channel === undefined ? [] : [{ channel, at: Number(digits), notify: notify || undefined, address: fromXtext(address), orcpt }]
  })

/** What senders asked for about the recipients of one channel, by where their records begin; undefined: nothing. */
export const notesOn = (notes: NotesText, channel: Channel): ReadonlyMap<number, RecipientNote> | undefined => {
  const here = placedNotes(notes).filter((placed) => placed.channel === channel)
  return here.length === 0 ? undefined : new Map(here.map(({ at, notify, orcpt }) => [at, { notify, orcpt }]))
}

/** Does somebody who asked for this want to hear of failures (`F`), delays (`D`), success (`S`)? Who asked for nothing hears of the first two. */
export const wants = (note: RecipientNote | undefined, letter: 'F' | 'D' | 'S'): boolean => note?.notify?.includes(letter) ?? letter !== 'S'

/** The value of an item; undefined: it is not there. */
export const noteOf = (notes: NotesText, name: string): Bytes | undefined => {
  for (const item of notes.split(' ')) if (item.startsWith(`${name}=`)) return item.slice(name.length + 1)
  return undefined
}

const hasItem = (notes: NotesText, item: string): boolean => notes.split(' ').includes(item)

/** Came the message by SMTPUTF8 (RFC 6531), or is it such by what stands in it? */
export const isUtf8Noted = (notes: NotesText): boolean => hasItem(notes, 'utf8')

/** Does the message go by TLS to hosts that are who they say, or not at all (REQUIRETLS, RFC 8689)? */
export const requiresTls = (notes: NotesText | undefined): boolean => notes !== undefined && hasItem(notes, 'tls')

/** How many delay warnings have been sent (`w=`, one digit). */
export const warningsIn = (notes: NotesText): number => Number(/^[0-9]$/.exec(noteOf(notes, 'w') ?? '0')?.[0] ?? 0)

/** What info/S/ID holds: the sender, and the notes (none: empty). Undefined: it is incomplete. */
export const parseInfo = (text: Bytes): { sender: Bytes; notes: NotesText } | undefined => {
  const end = text.indexOf('\0')
  if (!text.startsWith('F') || end < 0) return undefined
  const last = text.indexOf('\0', end + 1)
  return { sender: text.slice(1, end), notes: text[end + 1] === 'N' && last >= 0 ? text.slice(end + 2, last) : '' }
}

/** What is written into info/S/ID. */
export const infoText = (sender: Bytes, notes: NotesText): Bytes => (notes === '' ? `F${sender}\0` : `F${sender}\0N${notes}\0`)

/** Where `w`'s digit is to be written in the text of info/S/ID, and what with it, so that it says this many; everything else stays as it is, to the byte. */
export const warningsEdit = (text: Bytes, warnings: number): { at: number; bytes: Bytes } => {
  const end = text.indexOf('\0') + 1
  const last = text.indexOf('\0', end)
  if (text[end] !== 'N' || last < 0) return { at: end, bytes: `Nv=1 w=${warnings}\0` }
  const found = /[N ]w=[0-9](?=[ \0])/.exec(text.slice(end, last + 1))
  return found ? { at: end + found.index + 3, bytes: String(warnings) } : { at: last, bytes: ` w=${warnings}\0` }
}
