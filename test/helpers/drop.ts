import { chownSync, closeSync, ftruncateSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { suiteGroup } from '../../src/os/ids.ts'
import { packTrailer } from '../../src/queue/drop-format.ts'
import { type Home, isRoot } from './home.ts'

/** A well-formed file of the drop folder. */
export const dropText = (message: string, envelope: string, pid = 4711): string =>
  message + envelope + packTrailer({ messageBytes: message.length, envelopeBytes: envelope.length, pid, startMs: Date.now() }).toString('latin1')

/** Lays a file into the drop folder as a caller of this uid would have left it. */
export const layDrop = (home: Home, name: string, text: string, owner: number, gid = suiteGroup(home.path, 'qmail'), mode = 0o640): void => {
  const path = home.at('being-laid')
  writeFileSync(path, Buffer.from(text, 'latin1'), { mode })
  if (isRoot) chownSync(path, owner, gid)
  renameSync(path, Buffer.from(home.at('drop', name), 'latin1'))
}

/** A well-formed file with a message of so many zero bytes, which take no space. */
export const laySparseDrop = (home: Home, name: string, messageBytes: number, owner: number): void => {
  const envelope = 'Fsparse\0Tb\0\0'
  layDrop(home, `t.${name}`, '', owner)
  const fd = openSync(home.at('drop', `t.${name}`), 'r+')
  ftruncateSync(fd, messageBytes)
  const trailer = packTrailer({ messageBytes, envelopeBytes: envelope.length, pid: 4711, startMs: Date.now() }).toString('latin1')
  writeSync(fd, envelope + trailer, messageBytes)
  closeSync(fd)
  renameSync(home.at('drop', `t.${name}`), home.at('drop', name))
}
