/**
 * NAME     tcprulescheck rules.cdb: says what tcpserver's rules do with a peer (spec network.md 2.3)
 * RUNS AS  whoever may read the rules
 * FDS      1> the answer, 2> why not
 * ENV      TCPREMOTEIP (default 0.0.0.0), TCPREMOTEHOST, TCPREMOTEINFO: the peer
 * EXIT     0 answered, 100 usage, 111 the rules cannot be read
 * FILES    its argument, a cdb made by tcprules
 *
 * The rule of a network is shown by its key in the cdb: `_` or `^` and the leading bits of its IPv4 or IPv6 addresses.
 */

import { type Rule, RulesFile } from '../src/accept/rules.ts'
import { Exit } from '../src/core/exit.ts'
import { reason, Temporary, Usage } from '../src/core/failure.ts'
import { writeFd } from '../src/core/fdio.ts'
import { run } from '../src/core/run.ts'
import { canonicalAddress } from '../src/net/ip.ts'

const answer = ({ key, isDenied, variables }: Rule): string => {
  const head = key === undefined ? 'default:\n' : `rule ${key}:\n`
  if (isDenied) return `${head}deny connection\n`
  return `${head}${variables.map(([name, value]) => `set environment variable ${name}=${value}\n`).join('')}allow connection\n`
}

run('tcprulescheck', ({ args: [file], env }) => {
  if (file === undefined) throw new Usage('tcprulescheck: usage: tcprulescheck rules.cdb')
  try {
    const peer = { ip: canonicalAddress(env.TCPREMOTEIP ?? '0.0.0.0'), host: env.TCPREMOTEHOST, info: env.TCPREMOTEINFO }
    writeFd(1, answer(new RulesFile(file, false).find(peer)))
  } catch (error) {
    throw new Temporary(`unable to read ${file}: ${reason(error)}`, { cause: error })
  }
  return Exit.ok
})
