import { closeSync, fchmodSync, fchownSync, fsyncSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CERTIFICATE, type Credentials, KEY, readCredentials, SECOND_CERTIFICATE } from '../../control/credentials.ts'
import { explain, Temporary } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { syncFolder } from '../../os/durable.ts'
import { isRoot, suiteGroup, suiteUser } from '../../os/ids.ts'

/** Only qmail-tlsd reads a key. */
const MODE = 0o400
/** Until a key is qmailt's, it is the maker's alone. */
const FIRST_MODE = 0o600
const FOLDER_MODE = 0o755
/** qmail-tlsd has to pass the folders whatever umask an administrator has; files are made with modes of their own. */
const UMASK = 0o022

/** Is there something of that name, a dangling link too? */
export const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Puts a key with its chain there in one step, durably. Throws system errors: then all is as it was. */
const put = (home: string, file: string, { key, chain }: Pick<Credentials, 'key' | 'chain'>): void => {
  const owner = isRoot() ? { uid: suiteUser(home, 'qmailt').uid, gid: suiteGroup(home, 'nofiles') } : undefined
  const temporary = join(dirname(file), `.qmail-tlscert.${process.pid}`)
  rmSync(temporary, { force: true }) // of one with our number that was killed
  const fd = openSync(temporary, 'wx', FIRST_MODE)
  try {
    writeFd(fd, key + chain)
    if (owner) fchownSync(fd, owner.uid, owner.gid)
    fchmodSync(fd, MODE)
    fsyncSync(fd)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(fd)
  }
  syncFolder(dirname(file))
}

/**
 * A key in a file of its own goes into the certificate's, where it is with all that this program makes: so the next certificate can take the place of both in
 * one step. Between the steps here the two fit as well. A pair that cannot be used is not worth the trouble.
 */
const joinPair = (home: string, folder: string): void => {
  if (!isThere(join(folder, KEY))) return
  let old: Credentials | undefined
  try {
    old = readCredentials(folder, new Date(0))?.[0]
  } catch {
    old = undefined
  }
  if (old) put(home, join(folder, CERTIFICATE), old)
  rmSync(join(folder, KEY))
  syncFolder(folder)
}

/** The file of a folder that a certificate belongs in: one of each kind of key where there are two already. */
const fileFor = (folder: string, isElliptic: boolean): string => {
  const hasBoth = isThere(join(folder, CERTIFICATE)) && isThere(join(folder, SECOND_CERTIFICATE))
  return hasBoth && isElliptic ? SECOND_CERTIFICATE : CERTIFICATE
}

/**
 * Installs key and chain in a folder of control/, which is made if need be: qmailt's, mode 0400, by rename; until then what is there stays. Returns the name of the
 * file. Throws Temporary.
 */
export const install = (home: string, folder: string, pair: Pick<Credentials, 'key' | 'chain'>, isElliptic: boolean): string => {
  process.umask(UMASK)
  const name = fileFor(folder, isElliptic)
  try {
    const made = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
    if (made !== undefined) syncFolder(dirname(made))
    if (name === CERTIFICATE) joinPair(home, folder)
    put(home, join(folder, name), pair)
  } catch (error) {
    throw error instanceof Temporary ? error : new Temporary(`unable to install: ${explain(error)}`, { cause: error })
  }
  return name
}
