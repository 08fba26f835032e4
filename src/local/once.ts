import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { exitFor } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import type { Context, Env } from '../core/run.ts'
import { closeInherited } from '../os/close.ts'
import { fileMessage } from '../os/message.ts'
import { parseNotes } from '../queue/notes.ts'
import { NOTES_VARIABLE, notesInVariable } from '../queue/notes-variable.ts'
import { recordBytes } from '../submit/submission.ts'
import { carryOut, describe, reportOf, type Ways } from './deliver.ts'
import { environmentOf } from './environment.ts'
import { fromHome } from './files.ts'
import { forwardMessage } from './forward.ts'
import { type Job, parseArguments, recipientOf } from './job.ts'
import { deliverToMaildir } from './maildir.ts'
import { deliverToMbox } from './mbox.ts'
import { describePlan, type Plan, planDelivery } from './plan.ts'
import { deliverToProgram } from './program.ts'

const FD = { message: 0, out: 1, err: 2 } as const

/** Whatever a delivery creates is the recipient's alone. */
export const PRIVATE_UMASK = 0o077

/** A report that nobody hears changes nothing about the delivery. */
const tell = (fd: number, text: Bytes): void => {
  try {
    writeFd(fd, text)
  } catch {
    // its reader has gone
  }
}
const say = (text: Bytes): void => tell(FD.out, text)

const waysOf = (home: string, inherited: Env, plan: Plan): Ways => {
  const { job, lines, newSender, matched } = plan
  const message = fileMessage(FD.message)
  const env = environmentOf(inherited, job, lines, newSender, matched)
  return {
    mbox: (name) => deliverToMbox(job.homedir, name, lines, message),
    maildir: (name) => deliverToMaildir(fromHome(job.homedir, name), lines, message),
    program: (command) => {
      closeInherited(FD.err + 1)
      return deliverToProgram(command, FD.message, job.homedir, env)
    },
    forward: (recipients) => forwardMessage(home, env, plan, message, recipients)
  }
}

/** The job with what the environment says of its message. */
const withNotes = (job: Job, variable: Bytes | undefined): Job => {
  const notes = variable ? notesInVariable(variable, recordBytes(job.sender, [recipientOf(job)])) : undefined
  return notes === undefined ? job : { ...job, notes: parseNotes(notes) }
}

const deliver = async (home: string, env: Env, given: Job): Promise<void> => {
  const job = withNotes(given, env[NOTES_VARIABLE])
  const plan = planDelivery(job, fileMessage(FD.message))
  say(await carryOut(plan, waysOf(home, env, plan)))
}

const explain = (job: Job): void => {
  const plan = describePlan(job, (warning) => tell(FD.err, `${warning}\n`))
  describe(plan, say)
}

/** One delivery, qmail's way: arguments, message on 0, report on 1 and 2. Returns the exit code; the text of a failure stands without prefix. */
export const deliverOnce = async ({ args, env, home }: Context): Promise<number> => {
  process.umask(PRIVATE_UMASK)
  try {
    const { isDryRun, job } = parseArguments(args)
    if (isDryRun) explain(job)
    else await deliver(home, env, job)
    return Exit.ok
  } catch (error) {
    tell(FD.err, reportOf(error))
    return exitFor(error)
  }
}
