import type { Env } from '../core/run.ts'
import { fromXtext, toXtext } from '../format/xtext.ts'
import { type Setting, withSettings } from './handover.ts'

/**
 * Where tcpserver's rules stand, for a server that serves somebody else in the same session (XCLIENT): `x` or `X`, as the option, and the absolute path; empty: there are no
 * rules. tcpserver sets it where control/xclient is there.
 */
export const RULES = 'TCPRULES'
/** What was before a client's rule changed it: NAME, for what was not set, or NAME=XTEXT. */
const BEFORE = 'TCPBEFORE'

/** A connection's environment: tcpserver's own, and what is set for the client. Where RULES is set, withoutClient can undo it. */
export const clientEnv = (env: Readonly<Env>, settings: readonly Setting[]): Env => {
  const changed = withSettings(env, settings)
  if (env[RULES] === undefined) return changed
  const names = new Set(['RELAYCLIENT', ...settings.map(([name]) => name)]) // that one others set too
  const before = [...names].map((name) => (env[name] === undefined ? toXtext(name) : `${toXtext(name)}=${toXtext(env[name])}`))
  return { ...changed, [BEFORE]: before.join(' ') }
}

/** The environment as it was before anything was set for a client. */
export const withoutClient = (env: Readonly<Env>): Env => {
  const items = (env[BEFORE] ?? '').split(' ').filter((item) => item !== '')
  const settings = items.map((item): Setting => {
    const [name = '', value] = item.split('=')
    return [fromXtext(name), value === undefined ? null : fromXtext(value)]
  })
  return withSettings(env, [...settings, [BEFORE, null]])
}
