import { lstatSync, readdirSync, unlinkSync } from 'node:fs'
import { unlinkGone, unlinkThere } from '../os/unlink.ts'
import { RUBBISH_SECONDS, SPLIT } from '../queue/paths.ts'

/** A longer command, its NUL included, is none; nor is one without a number. */
const MAX_COMMAND_BYTES = 100
/** After so many commands, pid/ is looked through again. */
const COMMANDS_PER_SWEEP = 31

const messPath = (digits: string): string => `mess/${digits.length < 16 ? Number(digits) % SPLIT : BigInt(digits) % BigInt(SPLIT)}/${digits}`

/** Does one command (without its NUL), in the queue folder. Returns the answer: `+` done, `!` could not, `x` not a command (spec queue.md 4). */
export const clean = (command: string): '+' | '!' | 'x' => {
  const match = command.length < MAX_COMMAND_BYTES ? /^(foop|todo)\/0*([0-9]+)$/.exec(command) : null
  if (match === null) return 'x'
  const [, kind, id = ''] = match
  const isDone = unlinkGone(`intd/${id}`) && unlinkThere(kind === 'foop' ? messPath(id) : `todo/${id}`)
  return isDone ? '+' : '!'
}

const sweepOne = (path: string, now: number): void => {
  try {
    const file = lstatSync(path, { throwIfNoEntry: false })
    if (file !== undefined && Math.floor(file.atimeMs / 1000) + RUBBISH_SECONDS <= now) unlinkSync(path)
  } catch {
    // the next sweep tries again
  }
}

/** Removes what writers that died have left in pid/, 36 hours later. Errors wait for the next sweep. */
const sweepPid = (now: number): void => {
  let names: string[]
  try {
    names = readdirSync('pid')
  } catch {
    return
  }
  for (const name of names) sweepOne(`pid/${name}`, now)
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** Cuts commands out of a stream, does them in order, and sweeps pid/ before the first and after every 31st. */
export class CleanCommands {
  #partial = ''
  #count = 0

  constructor() {
    sweepPid(nowSeconds())
  }

  /** Does every command that is complete with these bytes; returns their answers. */
  push(chunk: Buffer): string {
    const parts = (this.#partial + chunk.toString('latin1')).split('\0')
    this.#partial = (parts.pop() ?? '').slice(0, MAX_COMMAND_BYTES)
    return parts.map((command) => this.#one(command)).join('')
  }

  #one(command: string): string {
    const answer = clean(command)
    if (++this.#count % COMMANDS_PER_SWEEP === 0) sweepPid(nowSeconds())
    return answer
  }
}
