import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRoot } from './home.ts'

const folder = readFileSync(join(import.meta.dirname, '..', '..', '.ci', 'peers-folder'), 'utf8').trim()

/** A file of a Debian package that .ci/unpack has laid out, as these packages cannot be installed beside each other. */
export const unpacked = (name: string, file: string): string => join(folder, name, file)

/** The reason, for `skip`, why a test cannot run a daemon of such a package: it starts as root, with accounts that only its own /etc/passwd has. */
export const notUnpacked = (name: string, file: string): string | false => {
  if (!isRoot) return `${name} takes root, for an /etc of its own`
  return existsSync(unpacked(name, file)) ? false : `${name} is not there: .ci/unpack lays it`
}
