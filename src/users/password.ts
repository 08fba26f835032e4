import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import type { Bytes } from '../core/bytes.ts'

/** 32 MB and about a tenth of a second for each guess. */
const LOG_COST = 15
const BLOCK = 8
const PARALLEL = 1
const KEY_BYTES = 32
const SALT_BYTES = 16
const MAX_MEMORY_BYTES = 64 * 1024 * 1024
/** What a hash in the file may ask for: no line may take the memory of the machine. */
const MAX_LOG_COST = 15

const FORM = /^\$scrypt\$ln=([0-9]{1,2}),r=8,p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

const key = (password: Bytes, salt: Buffer, logCost: number): Buffer =>
  scryptSync(Buffer.from(password, 'latin1'), salt, KEY_BYTES, { N: 2 ** logCost, r: BLOCK, p: PARALLEL, maxmem: MAX_MEMORY_BYTES })

/** The scrypt hash of a password, `$scrypt$ln=15,r=8,p=1$salt$key` (the form of the PHC). */
export const hashPassword = (password: Bytes): Bytes => {
  const salt = randomBytes(SALT_BYTES)
  return `$scrypt$ln=${LOG_COST},r=${BLOCK},p=${PARALLEL}$${unpadded(salt)}$${unpadded(key(password, salt, LOG_COST))}`
}

/** Is this a hash that verifyPassword can judge? */
export const isScrypt = (hash: Bytes): boolean => FORM.test(hash)

/** Is it the password of this scrypt hash? False too for what is no such hash, after the same time. */
export const verifyPassword = (hash: Bytes, password: Bytes): boolean => {
  const [, logCost, salt, wanted] = FORM.exec(hash) ?? []
  const isKnown = salt !== undefined && wanted !== undefined && Number(logCost) <= MAX_LOG_COST && Number(logCost) > 0
  const made = key(password, isKnown ? Buffer.from(salt, 'base64') : Buffer.alloc(SALT_BYTES), isKnown ? Number(logCost) : LOG_COST)
  const expected = isKnown ? Buffer.from(wanted, 'base64') : Buffer.alloc(KEY_BYTES)
  return expected.length === KEY_BYTES && timingSafeEqual(made, expected) && isKnown
}
