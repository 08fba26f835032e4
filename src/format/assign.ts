import { type Bytes, lower } from '../core/bytes.ts'

/** What users/cdb and qmail-getpw say about a local part. */
export interface Assignment {
  user: Bytes
  uid: number
  gid: number
  homedir: Bytes
  dash: Bytes
  ext: Bytes
  /** What is to be done where the home has no .qmail file, instead of the default delivery (users/virtual). */
  instructions?: Bytes
}

const idOf = (digits: Bytes | undefined): number | undefined => {
  const number = /^[0-9]+/.exec(digits ?? '')?.[0]
  // Garbage must never come to mean user or group 0.
  return number === undefined || number.length > 10 || Number(number) > 0xffff_fffe ? undefined : Number(number)
}

/**
 * The fields `user NUL uid NUL gid NUL homedir NUL dash NUL ext`, with `rest` added to ext (spec local-delivery.md 2.2); undefined
 * when there are fewer, or an id does not begin with a digit. A seventh is ours: instructions.
 */
export const assignmentOf = (data: Bytes, rest: Bytes): Assignment | undefined => {
  const [user, uidText, gidText, homedir, dash, ext, instructions] = data.split('\0')
  const [uid, gid] = [idOf(uidText), idOf(gidText)]
  if (user === undefined || uid === undefined || gid === undefined || homedir === undefined || dash === undefined || ext === undefined) return undefined
  return { user, uid, gid, homedir, dash, ext: ext + rest, ...(instructions ? { instructions } : {}) }
}

/** A table of records as users/cdb is one. */
export interface Records {
  get(key: Bytes): Bytes | undefined
}

/**
 * Finds the record of a local part: the exact one, else the longest wildcard that may match, down to the empty one (spec
 * local-delivery.md 2.2). `rest` is what a wildcard left over, in its original case. `broken`: the table lacks its list of wildcards' last bytes.
 */
export const findAssignment = (records: Records, local: Bytes): { data: Bytes; rest: Bytes } | 'absent' | 'broken' => {
  const lasts = records.get('')
  if (lasts === undefined) return 'broken'
  const low = lower(local)
  const exact = records.get(`!${low}\0`)
  if (exact !== undefined) return { data: exact, rest: '' }
  for (let length = low.length; length >= 0; length--) {
    if (length > 0 && !lasts.includes(low[length - 1] ?? '')) continue
    const data = records.get(`!${low.slice(0, length)}`)
    if (data !== undefined) return { data, rest: local.slice(length) }
  }
  return 'absent'
}
