import type { Bytes } from '../core/bytes.ts'
import { toBuffer } from '../core/bytes.ts'
import { Permanent, Temporary, Usage } from '../core/failure.ts'
import { getopt } from '../core/getopt.ts'
import type { Context } from '../core/run.ts'
import { messageChunks } from '../os/closed.ts'
import { feedProgram, findProgram } from '../os/piped.ts'

const USAGE = 'preline: usage: preline cmd [ arg ... ]'
const FD_MESSAGE = 0

/** The lines in their order: the letter that leaves each out (a capital puts it back), and its variable. */
const LINES = [
  ['f', 'UFLINE'],
  ['r', 'RPLINE'],
  ['d', 'DTLINE']
] as const

function* linesAnd(lines: Bytes, message: Iterable<Buffer>): Generator<Buffer> {
  yield toBuffer(lines)
  yield* message
}

/** preline: From_, Return-Path and Delivered-To lines, then the message, into a program, whose exit code is given back (spec local-delivery.md 5). */
export const preline = async ({ args, env }: Context): Promise<number> => {
  const { options, operands } = getopt('preline', 'frdFRD', USAGE, args)
  const [command] = operands
  if (command === undefined || LINES.some(([, name]) => env[name] === undefined)) throw new Usage(USAGE)
  const isLeftOut = (letter: string): boolean => options.findLast((o) => o.letter.toLowerCase() === letter)?.letter === letter
  const lines = LINES.map(([letter, name]) => (isLeftOut(letter) ? '' : env[name])).join('')
  if (findProgram(command, env.PATH) === undefined) throw new Permanent(`unable to run ${command}: file does not exist`)
  const { code, cutShort } = await feedProgram(operands, linesAnd(lines, messageChunks(FD_MESSAGE)), env)
  if (cutShort) throw new Temporary('unable to copy input: broken pipe')
  if (code === null) throw new Temporary('child crashed')
  return code
}
