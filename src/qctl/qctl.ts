import { isatty } from 'node:tty'
import { Exit } from '../core/exit.ts'
import { Temporary } from '../core/failure.ts'
import { writeFd } from '../core/fdio.ts'
import { logLine } from '../core/logline.ts'
import type { Context } from '../core/run.ts'
import { jsonLine } from '../format/json.ts'
import type { CtlAnswer } from '../queue/ctl-wire.ts'
import { ask, NotRunning } from './ask.ts'
import { listOffline } from './offline.ts'
import { parseQctlOptions, type QctlOptions } from './options.ts'
import { headerText, messageText, outcomeText } from './text.ts'

const OUT = 1
const ERR = 2
/** A progress line no more often. */
const PROGRESS_MILLISECONDS = 200

/** Prints answers as they come; on a terminal, how far the work is. */
class Printer {
  readonly #options: QctlOptions
  readonly #showsProgress = isatty(ERR) && !isatty(OUT)
  #shownAt = 0
  #seen = 0
  #done = 0
  hasTrouble = false

  constructor(options: QctlOptions) {
    this.#options = options
  }

  readonly take = (answer: CtlAnswer): void => {
    if (answer.kind === 'seen') this.#seen = answer.messages
    else if (answer.kind === 'end') this.#end(answer.matched, answer.changed)
    else if (answer.kind === 'trouble') this.#trouble(answer.id, answer.why)
    else if (answer.kind === 'message') this.#message(answer)
    this.#progress()
  }

  #message({ message, outcome, header }: Extract<CtlAnswer, { kind: 'message' }>): void {
    this.#done++
    if (this.#options.isJson) writeFd(OUT, jsonLine({ ...message, outcome, header }))
    else if (header !== undefined) writeFd(OUT, headerText(message, header))
    else writeFd(OUT, outcome === undefined ? messageText(message) : outcomeText(message, outcome))
  }

  #trouble(id: number, why: string): void {
    this.hasTrouble = true
    this.#clear()
    if (this.#options.isJson) writeFd(OUT, jsonLine({ id, trouble: why }))
    else logLine(ERR, `qmail-qctl: warning: #${id}: ${why}`)
  }

  #progress(): void {
    const now = performance.now()
    if (!this.#showsProgress || now - this.#shownAt < PROGRESS_MILLISECONDS) return
    this.#shownAt = now
    writeFd(ERR, `\rqmail-qctl: ${this.#done} of at least ${Math.max(this.#seen, this.#done)}`)
  }

  #clear(): void {
    if (this.#shownAt > 0) writeFd(ERR, '\r\x1b[K')
  }

  #end(matched: number, changed: number): void {
    this.#clear()
    const { verb, isJson, isDryRun } = this.#options
    if (isJson || verb === 'list' || verb === 'headers') return
    logLine(ERR, `qmail-qctl: ${matched} messages meant, ${isDryRun ? 'nothing done' : `${changed} changed`}`)
  }
}

/** qmail-qctl (man/qmail-qctl.8.md). Gives back the exit code; rejects with Usage, Permanent, Temporary. */
export const qctl = async ({ home, args }: Pick<Context, 'home' | 'args'>): Promise<number> => {
  const options = parseQctlOptions(args)
  const { verb, select, isDryRun } = options
  const printer = new Printer(options)
  try {
    await ask(home, { verb, select, isDryRun }, printer.take)
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error
    if (verb !== 'list') throw new Temporary(`${error.message}: it does all this itself; without it only list works, from the files`)
    logLine(ERR, `qmail-qctl: ${error.message}; this is what the files of the queue say`)
    listOffline(home, options, printer.take)
  }
  return printer.hasTrouble ? Exit.temporary : Exit.ok
}
