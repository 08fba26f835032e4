import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { errorCode, Permanent, reason, Temporary } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { syncFolder } from '../../os/durable.ts'
import type { Made } from './make.ts'

const KEY_MODE = 0o600
const REQUEST_MODE = 0o644

/** Makes a file, durably; never writes to one that is there. Throws Permanent if there is one, else Temporary. */
const create = (file: string, text: string, mode: number): void => {
  try {
    const fd = openSync(file, 'wx', mode)
    try {
      writeFd(fd, text)
      fsyncSync(fd)
    } catch (error) {
      rmSync(file, { force: true })
      throw error
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw new (errorCode(error) === 'EEXIST' ? Permanent : Temporary)(`unable to make ${file}: ${reason(error)}`, { cause: error })
  }
}

/** Lays a key and the request made with it in the present folder: both, or none. Returns their names. Throws Permanent if one is there already, Temporary. */
export const layRequest = (stem: string, { key, pem }: Made): [string, string] => {
  const [keyFile, requestFile] = [`${stem}.key.pem`, `${stem}.csr.pem`]
  create(keyFile, key, KEY_MODE)
  try {
    create(requestFile, pem, REQUEST_MODE)
  } catch (error) {
    rmSync(keyFile, { force: true })
    throw error
  }
  syncFolder('.')
  return [keyFile, requestFile]
}
