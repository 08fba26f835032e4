import type { Bytes } from '../core/bytes.ts'

/** Whom a password makes of a program. */
export interface User {
  /** The account, for its groups. */
  name: Bytes
  uid: number
  gid: number
  home: Bytes
  shell: Bytes
}
