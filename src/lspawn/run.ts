import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Bytes } from '../core/bytes.ts'
import { errorCode, isTemporary } from '../core/failure.ts'
import type { Env } from '../core/run.ts'
import type { MessageReader } from '../log/read-message.ts'
import type { Ids } from '../os/child.ts'
import { NOTES_VARIABLE, notesVariable } from '../queue/notes-variable.ts'
import { LspawnExit } from '../spawn/exits.ts'
import type { Gear } from '../spawn/gear.ts'
import { FIRST_GEAR, MAX_VALUES_BYTES, PROGRAM } from '../spawn/local-wire.ts'
import type { Pool } from '../spawn/pool.ts'
import type { Job } from '../spawn/spawner.ts'
import { recordBytes } from '../submit/submission.ts'
import { inMemory } from './message.ts'
import { type Command, runProgram } from './program.ts'
import { type Ending, endedWith, needsFile, Output } from './report.ts'
import { runThroughShell } from './through-shell.ts'

const LOCAL = 'bin/qmail-local'

/** What running qmail-local takes. */
export interface Local {
  home: string
  env: Env
  gear: Gear
  pool: Pool
  messages: MessageReader
}

/** The shell is always there, so trouble starting it will pass; but for arguments that are too long for any program. */
const startTrouble = (error: Error): number =>
  errorCode(error) === 'E2BIG' ? LspawnExit.cannotRunForGood : isTemporary(error) ? LspawnExit.cannotRun : LspawnExit.system

/** The environment of a qmail-local that is run for this delivery: it says what the sender asked for, if anything. */
const envFor = (env: Env, { sender, recipient, notes }: Job): Env =>
  notes === undefined ? env : { ...env, [NOTES_VARIABLE]: notesVariable(recordBytes(sender, [recipient]), notes) }

/** Runs qmail-local for one delivery: the message on 0, its output on 1 and 2. Over when it has ended and nobody holds its output any more. */
const runOnce = async ({ home, env }: Local, ids: Ids | undefined, values: readonly Bytes[], job: Job): Promise<Ending> => {
  if (statSync(join(home, LOCAL), { throwIfNoEntry: false }) === undefined) return endedWith(LspawnExit.cannotRun) // an upgrade may be replacing it
  const ended = await runThroughShell([LOCAL, '--', ...values], { fd: job.fd, env: envFor(env, job), cwd: home, ids })
  return ended instanceof Error ? endedWith(startTrouble(ended)) : { code: ended.code, output: ended.output.text }
}

const endingOf = ([code, ...text]: Bytes[]): Ending => {
  const output = new Output()
  output.add(Buffer.from(text.join('\0'), 'latin1'))
  return { code: /^[0-9]{1,3}$/.test(code ?? '') ? Number(code) : null, output: output.text }
}

const commandOf = ([line = '', ...variables]: Bytes[]): Command => {
  const pairs = variables.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)])
  return { line, env: Object.fromEntries(pairs) }
}

/** Delivers in the second gear, or hears what is to be run in its place; undefined if this delivery needs the first: nothing has been done then. */
const runResident = async (local: Local, ids: Ids, values: readonly Bytes[], job: Job): Promise<Ending | Command | undefined> => {
  const identity = values.join('').length < MAX_VALUES_BYTES ? local.gear.now() : undefined
  if (identity === undefined) return undefined
  const found = inMemory(local.messages, job)
  const held = found instanceof Promise ? await found : found
  if (held === undefined) return undefined
  const fields = job.notes === undefined ? values : [...values, job.notes]
  const written = (): void => {
    held.drop()
    job.written()
  }
  const reply = await local.pool.ask(`${ids.uid}:${ids.gid}`, identity, fields, held.read, written).finally(held.drop)
  if (reply === undefined || reply[0] === FIRST_GEAR) return undefined
  if (reply[0] === PROGRAM) return commandOf(reply.slice(1) as Bytes[])
  if (reply === 'unstarted') return endedWith(LspawnExit.cannotRun)
  return reply === 'crashed' ? endedWith(null) : endingOf(reply)
}

/** Delivers as a user, in whichever gear fits; `becomesUser`: as that user (false in a one-user installation). */
export const runLocal = async (local: Local, ids: Ids, becomesUser: boolean, values: readonly Bytes[], job: Job): Promise<Ending> => {
  const done = await runResident(local, ids, values, job)
  if (done !== undefined && 'output' in done) return done
  if (job.logged) return needsFile
  const user = becomesUser ? ids : undefined
  const [, home = ''] = values
  return (done && (await runProgram(user, home, done, job.fd))) ?? runOnce(local, user, values, job)
}
