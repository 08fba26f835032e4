import { timingSafeEqual } from 'node:crypto'
import { type Bytes, toBuffer } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import { runChild } from '../os/child.ts'
import { isScrypt, verifyPassword } from '../users/password.ts'

/** crypt(3) knows these: SHA-256, SHA-512, bcrypt, yescrypt, scrypt. */
const CRYPT = /^\$(?:5|6|2[aby]|y|gy|7)\$[!-~]+$/
/** Are these the same bytes? How long it takes tells only their length. */
export const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

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

/** Is this a hash that fitsHash can judge? */
export const isHash = (text: Bytes): boolean => CRYPT.test(text) || isScrypt(text)

/** Is this the password the hash was made of? A hash of a kind nobody knows is no password's. Throws Temporary when that cannot be told. */
export const fitsHash = (hash: Bytes, password: Bytes): boolean => {
  if (CRYPT.test(hash)) return !password.includes('\0') && isSame(crypt(password, hash), toBuffer(hash))
  return verifyPassword(hash, password) // takes its time for what is no hash, too
}
