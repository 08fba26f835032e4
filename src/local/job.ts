import type { Bytes } from '../core/bytes.ts'
import { Usage } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import type { Notes } from '../queue/notes.ts'

/** One delivery to one recipient: qmail-local's eight arguments (spec local-delivery.md 3). */
export interface Job {
  user: Bytes
  /** Absolute. */
  homedir: Bytes
  local: Bytes
  dash: Bytes
  ext: Bytes
  domain: Bytes
  sender: Bytes
  /** The instructions where there is no .qmail file, or an empty one. */
  defaultdelivery: Bytes
  /** What the sender asked for, on an envelope of this one recipient; left out: nothing, or nobody told. */
  notes?: Notes | undefined
}

/** The address it is delivered to. */
export const recipientOf = ({ local, domain }: Job): Bytes => `${local}@${domain}`

/** The number of arguments. */
export const VALUES = 8

/** The job in eight values, in the order of the arguments; undefined when they are not eight or the home is not absolute. */
export const jobOf = (values: readonly Bytes[]): Job | undefined => {
  const [user, homedir, local, dash, ext, domain, sender, defaultdelivery] = values
  if (values.length !== VALUES || defaultdelivery === undefined || !homedir?.startsWith('/')) return undefined
  return { user, homedir, local, dash, ext, domain, sender, defaultdelivery } as Job
}

/** What is said to a wrong command line. */
export const USAGE = 'qmail-local: usage: qmail-local [ -nN ] user homedir local dash ext domain sender aliasempty'

/** Reads the command line: options `-n` (describe only) and `-N`, then the job. Usage on anything else. */
export const parseArguments = (args: readonly Bytes[]): { isDryRun: boolean; job: Job } => {
  const { options, operands } = getopt('qmail-local', 'nN', USAGE, args)
  const job = jobOf(operands)
  if (job === undefined) throw new Usage(USAGE)
  return { isDryRun: options.at(-1)?.letter === 'n', job }
}
