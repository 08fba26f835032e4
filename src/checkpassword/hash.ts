import { scryptSync, timingSafeEqual } from 'node:crypto'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { runChild } from '../os/child.ts'

/** crypt(3) knows these: SHA-256, SHA-512, bcrypt, yescrypt, scrypt. */
const CRYPT = /^\$(?:5|6|2[aby]|y|gy|7)\$[!-~]+$/
/** `$scrypt$ln=LOG2N,r=R,p=P$SALT$KEY`, both base64 without padding. */
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{1,86})\$([A-Za-z0-9+/]{22,86})$/
/** What one scrypt may take. */
const MAX_SCRYPT_BYTES = 1 << 28

const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

const scryptFits = (password: Bytes, [, ln = '', r = '', p = '', salt = '', key = '']: readonly string[]): boolean => {
  const wanted = Buffer.from(key, 'base64')
  try {
    const options = { N: 2 ** Number(ln), r: Number(r), p: Number(p), maxmem: MAX_SCRYPT_BYTES }
    return isSame(scryptSync(toBuffer(password), Buffer.from(salt, 'base64'), wanted.length, options), wanted)
  } catch (error) {
    throw new Temporary('unable to compute a scrypt hash', { cause: error })
  }
}

/**
 * The system's crypt(3), which Node has not, by way of perl: perl-base is essential to Debian, so it is on every machine, and libcrypt with all its methods
 * with it. The password goes through a pipe. Throws Temporary where there is no perl.
 */
const crypt = (password: Bytes, setting: Bytes): Buffer => {
  const script = 'binmode STDIN; local $/; my ($s, $p) = split /\\0/, <STDIN>, 2; my $h = crypt($p, $s); print $h if defined $h'
  const { code, stdout } = runChild('/usr/bin/perl', ['-e', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
    input: toBuffer(`${setting}\0${password}`)
  })
  if (code !== 0) throw new Temporary('unable to run perl for crypt(3)')
  return stdout
}

/** Is this the password the hash was made of? A hash of a kind nobody knows is no password's. Throws Temporary when that cannot be told. */
export const fitsHash = (hash: Bytes, password: Bytes): boolean => {
  const parts = SCRYPT.exec(hash)
  if (parts !== null) return scryptFits(password, parts)
  return CRYPT.test(hash) && !password.includes('\0') && isSame(crypt(password, hash), toBuffer(hash))
}
