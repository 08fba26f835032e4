import type { Bytes } from '../core/bytes.ts'
import type { Routing } from '../queue/rewrite.ts'
import type { Verdict } from '../serve/recipient-wire.ts'
import type { Getpw } from '../spawn/lookup.ts'
import { whereIs } from '../spawn/whereabouts.ts'

/** Is there anybody to deliver to? `unknown`: not a domain of ours, or that cannot be told now. Never fails. */
export const judge = async (recipient: Bytes, routing: Routing, getpw: Getpw): Promise<Verdict> => {
  const { kind } = await whereIs(recipient, routing, getpw)
  if (kind === 'remote' || kind === 'unknown') return 'unknown'
  return kind === 'absent' ? 'absent' : 'exists'
}
