import type { Bytes } from '../core/bytes.ts'
import type { Notes } from '../queue/notes.ts'

const WORDS = { N: 'NEVER', S: 'SUCCESS', F: 'FAILURE', D: 'DELAY' } as const

/** What MAIL says besides of what the sender asked for (RFC 3461, sections 4.3, 4.4), each with a space before it. */
export const mailParameters = (notes: Notes | undefined): Bytes =>
  (notes?.items ?? [])
    .map((item) => {
      if (item === 'ret=F' || item === 'ret=H') return ` RET=${item === 'ret=F' ? 'FULL' : 'HDRS'}`
      return item.startsWith('envid=') ? ` ENVID=${item.slice('envid='.length)}` : ''
    })
    .join('')

/** What RCPT says besides (sections 4.1, 4.2), for the recipient at this place. */
export const rcptParameters = (notes: Notes | undefined, index: number): Bytes => {
  const note = notes?.recipients.get(index)
  if (note === undefined) return ''
  const words = Object.entries(WORDS).flatMap(([letter, word]) => (note.notify?.includes(letter) ? [word] : []))
  return `${words.length === 0 ? '' : ` NOTIFY=${words.join(',')}`}${note.orcpt === undefined ? '' : ` ORCPT=${note.orcpt}`}`
}
