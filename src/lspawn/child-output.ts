import type { ChildProcess } from 'node:child_process'
import { Output } from './report.ts'

/** How a program that was run for a delivery ended: its exit code (null: killed by a signal), and what it said. */
export interface Ended {
  code: number | null
  output: Output
}

/** Resolves when a program has ended and nobody holds what pipes it has on 1 and 2 any more; with the error when it could not be started. */
export const outputOf = (child: ChildProcess): Promise<Ended | Error> =>
  new Promise((resolve) => {
    const output = new Output()
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.add(chunk))
    child.on('error', resolve)
    child.on('close', (code) => resolve({ code, output }))
  })
