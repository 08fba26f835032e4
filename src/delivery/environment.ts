import type { Bytes } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import type { Env } from '../core/run.ts'

/** A variable that qmail-local sets for the programs it runs (spec local-delivery.md 3.6). Unset: Permanent. */
export const required = (env: Env, name: string): Bytes => {
  const value = env[name]
  if (value === undefined) throw new Permanent(`${name} not set`)
  return value
}
