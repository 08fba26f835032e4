import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { reason } from '../core/failure.ts'
import { logLine } from '../core/logline.ts'
import type { Context } from '../core/run.ts'
import { type ChildOptions, startChild } from '../os/child.ts'
import { isOwn } from '../os/own.ts'
import { programFile, startOwn } from '../spawn/own-program.ts'
import { type HelperState, writeHelperStates } from '../suite/helper-states.ts'
import { type Helper, helpers } from '../suite/helpers.ts'

const MAX_REST_SECONDS = 60
/** Who worked for so long starts again at once. */
const GOOD_SECONDS = 60

const isWanted = ({ wanted, name }: Helper, home: string): boolean => {
  try {
    return existsSync(programFile(home, name)) && wanted(home).is
  } catch (error) {
    logLine(2, `qmail-start: warning: ${name} is not started: ${reason(error)}`)
    return false
  }
}

const start = (home: string, { name, args = [] }: Helper, options: ChildOptions): ChildProcess => {
  const file = programFile(home, name)
  return isOwn(file, name) ? startOwn(home, name, options, args) : startChild(file, [...args], options)
}

/** Starts what control/ asks for, and again, after 1, 2, 4 ... 60 seconds, when it ends. They start as root, each becomes its own user, and all end with us. */
export class Helpers {
  readonly #context: Pick<Context, 'home' | 'env'>
  readonly #children = new Map<string, ChildProcess>()
  readonly #states = new Map<string, HelperState>()
  #isStopped = false

  constructor(context: Pick<Context, 'home' | 'env'>) {
    this.#context = context
  }

  start(): void {
    this.#write()
    for (const helper of helpers) this.#run(helper, 1)
  }

  stop(): void {
    this.#isStopped = true
    for (const child of this.#children.values()) child.kill('SIGTERM')
  }

  #tell(name: string, state: HelperState['state'], how: string): void {
    this.#states.set(name, { name, state, since: Math.floor(Date.now() / 1000), how })
    this.#write()
  }

  /** For people only: nothing depends on it. */
  #write(): void {
    try {
      writeHelperStates(this.#context.home, { pid: process.pid, states: [...this.#states.values()] })
    } catch (error) {
      logLine(2, `qmail-start: warning: qmail-showctl will not know of the helpers: ${reason(error)}`)
    }
  }

  #run(helper: Helper, restSeconds: number): void {
    const { home, env } = this.#context
    if (this.#isStopped || !isWanted(helper, home)) return
    const started = performance.now()
    const child = start(home, helper, { stdio: ['pipe', 2, 2], env, cwd: '/', resident: true })
    this.#children.set(helper.name, child)
    this.#tell(helper.name, 'running', '')
    const again = (how: string): void => {
      if (this.#children.get(helper.name) !== child) return
      this.#children.delete(helper.name)
      if (this.#isStopped) return
      this.#tell(helper.name, 'ended', how)
      const rest = performance.now() - started > GOOD_SECONDS * 1000 ? 1 : restSeconds
      logLine(2, `qmail-start: warning: ${helper.name} ended with ${how}; it is started again in ${rest} s`)
      setTimeout(() => this.#run(helper, Math.min(rest * 2, MAX_REST_SECONDS)), rest * 1000).unref()
    }
    child.on('error', (error) => again(reason(error)))
    child.on('exit', (code, signal) => again(String(signal ?? code)))
  }
}
