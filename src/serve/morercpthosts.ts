import type { Bytes } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { Cdb } from '../format/cdb.ts'
import { identity } from '../os/own.ts'

interface Open {
  identity: string
  cdb: Cdb
}

/** The files look-ups were made in, by path, open for as long as they are the same files. */
const kept = new Map<string, Open>()

const opened = (path: string): Cdb => {
  const now = identity(path)
  const known = kept.get(path)
  if (known !== undefined && known.identity === now) return known.cdb
  known?.cdb.close()
  kept.delete(path)
  if (now === undefined) throw new Temporary('file does not exist')
  const cdb = new Cdb(path)
  kept.set(path, { identity: now, cdb })
  return cdb
}

/** What a compiled table has under this key; undefined: nothing. The file stays open between look-ups. Throws system errors, and Temporary for a file that is no good. */
export const lookUpIn = (path: string, key: Bytes): Bytes | undefined => opened(path).get(key)

/** Is this host, or suffix of one, a key of the compiled morercpthosts at `path`? Throws as lookUpIn. */
export const isInMoreRcpthosts = (path: string, key: Bytes): boolean => lookUpIn(path, key) !== undefined
