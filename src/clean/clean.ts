import { lstatSync, readdirSync, unlinkSync } from 'node:fs'
import { unlinkGone, unlinkLater, unlinkThere } from '../os/unlink.ts'
import { RUBBISH_SECONDS, SPLIT } from '../queue/paths.ts'

/** A longer command, its NUL included, is none; nor is one without a number. */
const MAX_COMMAND_BYTES = 100
/** After so many commands, pid/ is looked through again. */
const COMMANDS_PER_SWEEP = 31

const messPath = (digits: string): string => `mess/${digits.length < 16 ? Number(digits) % SPLIT : BigInt(digits) % BigInt(SPLIT)}/${digits}`

/** What a command is about: a message's number, and its file that goes after intd/ID. Undefined: it is no command. */
type Command = { id: string; path: string } | undefined
/** `+` done, `!` could not, `x` not a command. */
type Answer = '+' | '!' | 'x'

/** A command without its NUL. */
const parse = (text: string): Command => {
  const match = text.length < MAX_COMMAND_BYTES ? /^(foop|todo)\/0*([0-9]+)$/.exec(text) : null
  if (match === null) return undefined
  const [, kind, id = ''] = match
  return { id, path: kind === 'foop' ? messPath(id) : `todo/${id}` }
}

/** Does one command, in the queue folder (spec queue.md 4). `unlink`: how the last file goes. */
const clean = async (command: Command, unlink: (path: string) => boolean | Promise<boolean>): Promise<Answer> => {
  if (command === undefined) return 'x'
  return unlinkGone(`intd/${command.id}`) && (await unlink(command.path)) ? '+' : '!'
}

/** Does commands side by side: while a file system commits its journal, each unlink waits for the disk. One alone does without the thread pool. */
const cleanAll = async (commands: readonly Command[]): Promise<string> => {
  const unlink = commands.length > 1 ? unlinkLater : unlinkThere
  return (await Promise.all(commands.map((command) => clean(command, unlink)))).join('')
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

/** How many of these are about different messages, from the first on; at most so many. Two about one message keep their order. */
const countOfDifferent = (commands: readonly Command[], max: number): number => {
  const ids = new Set<string>()
  for (const [n, command] of commands.slice(0, max).entries()) {
    if (command !== undefined && ids.has(command.id)) return n
    if (command !== undefined) ids.add(command.id)
  }
  return Math.min(commands.length, max)
}

/** Cuts commands out of a stream, does them, and sweeps pid/ before the first and after every 31st. */
export class CleanCommands {
  #partial = ''
  #untilSweep = COMMANDS_PER_SWEEP

  constructor() {
    sweepPid(nowSeconds())
  }

  /** Does every command that is complete with these bytes; `say` hears their answers, in their order, as they are done, until it returns false: then so does this. */
  async push(chunk: Buffer, say: (answers: string) => boolean): Promise<boolean> {
    const parts = (this.#partial + chunk.toString('latin1')).split('\0')
    this.#partial = (parts.pop() ?? '').slice(0, MAX_COMMAND_BYTES)
    const commands = parts.map(parse)
    while (commands.length > 0) {
      const some = commands.splice(0, countOfDifferent(commands, this.#untilSweep))
      if (!say(await cleanAll(some))) return false
      this.#untilSweep -= some.length
      if (this.#untilSweep === 0) this.#sweep()
    }
    return true
  }

  #sweep(): void {
    this.#untilSweep = COMMANDS_PER_SWEEP
    sweepPid(nowSeconds())
  }
}
