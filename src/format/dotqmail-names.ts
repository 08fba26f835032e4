import { type Bytes, lower } from '../core/bytes.ts'

/** The extension as it stands in file names. */
export const safeExt = (ext: Bytes): Bytes => lower(ext).replaceAll('.', ':')

/** A file a delivery may be ruled by. */
export interface DotQmailName {
  name: Bytes
  /** What the word `default` in its name stands for; undefined if it has none. */
  matched: Bytes | undefined
}

/** The .qmail files of a recipient, in the order they are looked for: its own, then the nearest -default (spec local-delivery.md 3.4). */
export function* dotQmailNames(dash: Bytes, ext: Bytes): Generator<DotQmailName> {
  const safe = safeExt(ext)
  yield { name: `.qmail${dash}${safe}`, matched: safe.endsWith('default') ? ext.slice(-'default'.length) : undefined }
  for (let i = safe.length; i >= 0; i--) {
    if (i === 0 || safe[i - 1] === '-') yield { name: `.qmail${dash}${safe.slice(0, i)}default`, matched: ext.slice(i) }
  }
}
