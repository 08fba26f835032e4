import { join } from 'node:path'
import { CERTIFICATE, KEY } from '../../control/credentials.ts'
import { Exit } from '../../core/exit.ts'
import { Permanent, Usage } from '../../core/failure.ts'
import { writeFd } from '../../core/fdio.ts'
import { logLine } from '../../core/logline.ts'
import type { Context } from '../../core/run.ts'
import { isHostName } from '../../format/host-name.ts'
import { givenPair } from './given.ts'
import { install, isThere } from './install.ts'
import { described, listed, NAMES } from './list.ts'
import { request, selfSigned } from './make.ts'
import { layRequest } from './request.ts'

const USAGE = `qmail-tlscert: usage: qmail-tlscert
qmail-tlscert: usage: qmail-tlscert -s name ...
qmail-tlscert: usage: qmail-tlscert -r name ...
qmail-tlscert: usage: qmail-tlscert -i chain key [ name ]`
const RESTART = 'it is the first one: restart tcpserver once, it offers TLS then'

const say = (text: string): void => writeFd(1, `${text}\n`)
const warn = (text: string): void => logLine(2, `qmail-tlscert: warning: ${text}`)

const hostName = (given: string): string => {
  const name = given.toLowerCase()
  if (!isHostName(name.replace(/^\*\./, ''))) throw new Permanent(`not a host name: ${given}`)
  return name
}

/** Names of hosts, in lower case, each once; `*.` may stand before one. Throws Permanent, Usage for none. */
const hostNames = (given: readonly string[]): [string, ...string[]] => {
  const [first, ...rest] = new Set(given.map(hostName))
  if (first === undefined) throw new Usage(USAGE)
  return [first, ...rest]
}

/** In the name of a file `_` stands for `*` (spec modern.md 1.1). */
const fileNameOf = (name: string): string => name.replace(/^\*\./, '_.')

const list = (control: string, now: Date): number => {
  const { lines, isUsable } = listed(control, now)
  if (lines.length === 0) say('there is no certificate: TLS is not offered')
  for (const line of lines) say(line)
  return isUsable ? Exit.ok : Exit.temporary
}

/** What somebody else signed is not replaced by what nobody knows; a key may be waiting for its certificate. */
const makeSelfSigned = (home: string, control: string, names: [string, ...string[]], now: Date): number => {
  const old = [CERTIFICATE, KEY].find((name) => isThere(join(control, name)))
  if (old !== undefined) throw new Permanent(`control/${old} is there already`)
  const { key, pem } = selfSigned(names, now)
  install(home, control, { key, chain: pem }, true)
  say(`control/${CERTIFICATE} is made; ${RESTART}`)
  return Exit.ok
}

const installGiven = (home: string, control: string, [chainFile, keyFile, given, ...more]: readonly string[], now: Date): number => {
  if (chainFile === undefined || keyFile === undefined || more.length > 0) throw new Usage(USAGE)
  const name = given === undefined ? undefined : hostName(given)
  const pair = givenPair(chainFile, keyFile, name, now, warn)
  const below = name === undefined ? '.' : join(NAMES, fileNameOf(name))
  const wasThere = isThere(join(control, CERTIFICATE))
  const file = install(home, join(control, below), pair, pair.leaf.publicKey.asymmetricKeyType === 'ec')
  say(described(join(below, file), pair.leaf, now))
  if (!wasThere && name === undefined) say(RESTART)
  if (!wasThere && name !== undefined) warn(`there is no control/${CERTIFICATE}: TLS is not offered`)
  return Exit.ok
}

/** The whole of qmail-tlscert: makes, installs and lists certificates. Throws Usage, Permanent, Temporary. */
export const tlscert = ({ home, args: [action, ...args] }: Context): number => {
  const now = new Date()
  const control = join(home, 'control')
  if (action === undefined) return list(control, now)
  if (action === '-i') return installGiven(home, control, args, now)
  if (action === '-s') return makeSelfSigned(home, control, hostNames(args), now)
  if (action !== '-r') throw new Usage(USAGE)
  const names = hostNames(args)
  say(`${layRequest(fileNameOf(names[0]), request(names)).join(' and ')} are made`)
  return Exit.ok
}
