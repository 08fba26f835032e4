import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { exitFor, Permanent } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { isRoot } from '../os/ids.ts'
import { memoryMessage } from '../os/message.ts'
import { parseNotes } from '../queue/notes.ts'
import { COMPANY_MARK, FIRST_GEAR, MAX_PROGRAM_BYTES, PROGRAM, WRITTEN_WORD } from '../spawn/local-wire.ts'
import { serveRequests } from '../spawn/wire.ts'
import { carryOut, reportOf, type Ways } from './deliver.ts'
import { environmentOf } from './environment.ts'
import { fromHome } from './files.ts'
import { forwardMessage } from './forward.ts'
import { jobOf, USAGE, VALUES } from './job.ts'
import { deliverGrouped, parentSyncs } from './maildir-grouped.ts'
import { PRIVATE_UMASK } from './once.ts'
import { type Plan, planDelivery } from './plan.ts'

/** Programs want a file on descriptor 0, and an mbox may have to wait for its lock: both are for a process of their own. */
const needsFirstGear = ({ instructions }: Plan): boolean => instructions.some(({ kind }) => kind === 'program' || kind === 'mbox')

/** The answer that has qmail-lspawn run the program that is all there is to do; undefined: it is not all, or too long. */
const soleProgram = ({ env }: Context, { job, lines, newSender, matched, instructions }: Plan): Bytes[] | undefined => {
  const [only] = instructions
  if (instructions.length !== 1 || only?.kind !== 'program') return undefined
  const variables = Object.entries(environmentOf(env, job, lines, newSender, matched)).map(([name, value]) => `${name}=${value}`)
  const answer = [PROGRAM, only.argument, ...variables]
  return answer.join('\0').length > MAX_PROGRAM_BYTES ? undefined : answer
}

interface Circumstances {
  /** To be called when only durability is waited for. */
  written: () => void
  /** Others are under way. */
  hasCompany: boolean
}

const neverHere = (): never => {
  throw new Error('a delivery for the first gear')
}

const waysOf = ({ home, env }: Context, plan: Plan, message: Buffer, { written, hasCompany }: Circumstances): Ways => {
  const { job, lines, newSender, matched } = plan
  return {
    mbox: neverHere,
    program: neverHere,
    maildir: (name) => deliverGrouped(fromHome(job.homedir, name), lines, message, plan.instructions.length === 1 ? written : () => {}, hasCompany),
    forward: (recipients) => forwardMessage(home, environmentOf(env, job, lines, newSender, matched), plan, memoryMessage(message), recipients)
  }
}

const deliver = async (context: Context, values: Bytes[], message: Buffer, circumstances: Circumstances): Promise<readonly (Bytes | number)[]> => {
  try {
    const given = jobOf(values.slice(0, VALUES))
    if (given === undefined) throw new Permanent(USAGE)
    const job = values.length > VALUES ? { ...given, notes: parseNotes(values[VALUES] ?? '') } : given
    const plan = planDelivery(job, memoryMessage(message))
    if (needsFirstGear(plan)) return soleProgram(context, plan) ?? [FIRST_GEAR]
    return [Exit.ok, await carryOut(plan, waysOf(context, plan, message, circumstances))]
  } catch (error) {
    return [exitFor(error), reportOf(error)]
  }
}

/** qmail-local's second gear: delivers for one user until there are no more requests. Never as root. */
export const serveDeliveries = async (context: Context): Promise<number> => {
  if (isRoot()) throw new Permanent('not as root')
  process.umask(PRIVATE_UMASK)
  await serveRequests(
    true,
    (values, message, say, number) => deliver(context, values, message, { written: () => say(WRITTEN_WORD), hasCompany: number.endsWith(COMPANY_MARK) }),
    parentSyncs.aside
  )
  return Exit.ok
}
