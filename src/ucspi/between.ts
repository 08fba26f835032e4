import { closeSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { type Bytes, ownCopy } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { Temporary, Usage } from '../core/failure.ts'
import type { Context } from '../core/run.ts'
import { readableFd, writableFd } from '../net/stdio.ts'
import { becomeProgram, findProgram } from '../os/exec.ts'
import { makePipes, type Pipe } from '../os/pipe.ts'
import { startResident } from '../spawn/own-program.ts'

/** Descriptors of the copying process: the peer on 0 and 1, the program on these. */
const TO_PROGRAM = 3
const FROM_PROGRAM = 4

/** Puts an end of a pipe in the place of a standard descriptor, which has to be the lowest free one then. */
const replaceStandard = (standard: 0 | 1, end: number): void => {
  closeSync(standard)
  if (openSync(`/proc/self/fd/${end}`, standard === 0 ? 'r' : 'w') !== standard) throw new Temporary(`unable to set up descriptor ${standard}`)
  closeSync(end)
}

/**
 * Becomes the program, in this very process, with a copying process between it and the peer (spec network.md 2.6): that one is this program's own
 * second gear, and what it does with the bytes is its business (`copyBetween`). Throws Usage and Temporary.
 */
export const runBetween = async ({ home, env, args: [program, ...args] }: Context, name: 'recordio' | 'fixcrio'): Promise<never> => {
  if (program === undefined) throw new Usage(`${name}: usage: ${name} program [ arg ... ]`)
  const [input, output] = (await makePipes(2)) as [Pipe, Pipe]
  const theirs = [input.write, output.read]
  startResident(home, name, { stdio: [0, 1, 2, ...theirs], env: { PID: String(process.pid) }, cwd: '/' })
  for (const fd of theirs) closeSync(fd)
  replaceStandard(0, input.read)
  replaceStandard(1, output.write)
  return becomeProgram(findProgram(program, env), args, env, program)
}

/** What becomes of the bytes that pass in one direction: what is handed on for a chunk; `end` when there will be no more. */
export interface Direction {
  push: (chunk: Buffer) => Buffer
  end: () => void
}

/** Copies one way until the end of either side; resolves then. */
const copy = (from: Readable, to: Writable, { push, end }: Direction): Promise<void> =>
  new Promise((resolve) => {
    let isOver = false
    const finish = (): void => {
      if (isOver) return
      isOver = true
      end()
      to.end(resolve)
    }
    from.on('data', (chunk: Buffer) => {
      if (!to.write(push(chunk))) from.pause()
    })
    to.on('drain', () => from.resume())
    to.on('error', () => {
      from.pause() // nobody reads it any more
      resolve()
    })
    from.on('error', finish)
    from.on('end', finish)
  })

/** The copying process: hands on what the peer says, and what the program says until it says no more. `directionFor`: told the program's process id. */
export const copyBetween = async ({ env }: Context, directionFor: (pid: Bytes, arrow: '<' | '>') => Direction): Promise<number> => {
  const pid = ownCopy(env.PID ?? '')
  void copy(readableFd(0), writableFd(TO_PROGRAM), directionFor(pid, '<'))
  await copy(readableFd(FROM_PROGRAM), writableFd(1), directionFor(pid, '>'))
  return Exit.ok
}
