import { type Bytes, leadingNumber } from '../core/bytes.ts'
import { Temporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import { askIdent } from '../net/ident.ts'
import { NameLookup } from '../net/names.ts'
import { type Addresses, type Names, tcpVariables, withVariables } from '../net/peer.ts'
import { becomeNamed } from '../os/exec.ts'
import { socketEnds } from './socket-ends.ts'

const DEFAULT_SECONDS = 30
/** The name of an address when DNS cannot be asked now. */
const SOFT_ERROR = 'softdnserror'

/** What tcp-env was told. Options it does not know count for nothing (spec network.md 3). */
export const tcpEnvOptions = (args: readonly Bytes[]): { asksIdent: boolean; seconds: number; command: readonly Bytes[] } => {
  let [asksIdent, seconds, at] = [true, DEFAULT_SECONDS, 0]
  while (at < args.length) {
    const arg = args[at] ?? ''
    if (arg.length < 2 || !arg.startsWith('-')) break
    at++
    if (arg === '--') break
    for (let i = 1; i < arg.length; i++) {
      const letter = arg.charAt(i)
      if (letter === 'r' || letter === 'R') asksIdent = letter === 'r'
      if (letter !== 't') continue
      seconds = leadingNumber(i + 1 < arg.length ? arg.slice(i + 1) : (args[at++] ?? '')) ?? 0
      break
    }
  }
  return { asksIdent, seconds, command: args.slice(at) }
}

const namesOf = async (ends: Addresses, asksIdent: boolean, seconds: number, env: Env): Promise<Names> => {
  const lookup = new NameLookup(env)
  const nameOf = async (ip: Bytes): Promise<Bytes | undefined> => {
    const found = await lookup.askName(ip)
    return found.kind === 'ok' ? found.records[0] : found.kind === 'temporary' ? SOFT_ERROR : undefined
  }
  return {
    localHost: await nameOf(ends.localIp),
    remoteHost: await nameOf(ends.remoteIp),
    remoteInfo: asksIdent ? await askIdent(ends, seconds) : undefined
  }
}

/** Becomes the program, with the variables of the connection on descriptor 0, if there are none already (spec network.md 3). Returns only by throwing Temporary. */
export const tcpEnv = async (args: readonly Bytes[], env: Env): Promise<never> => {
  const { asksIdent, seconds, command } = tcpEnvOptions(args)
  const [program, ...rest] = command
  if (program === undefined) throw new Temporary('no program')
  if (env.PROTO === 'TCP') return becomeNamed(program, rest, env)
  const ends = socketEnds(0)
  if (ends === undefined) throw new Temporary('no connection')
  return becomeNamed(program, rest, withVariables(env, Object.entries(tcpVariables(ends, await namesOf(ends, asksIdent, seconds, env)))))
}
