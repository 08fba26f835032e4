import type { Bytes } from '../core/bytes.ts'
import { Exit } from '../core/exit.ts'
import { LISTED, NEEDS_FILE, PASSED_ON } from '../queue/spawnproto.ts'
import { LspawnExit } from '../spawn/exits.ts'
import { FORWARDED_FIELD, LISTED_FIELD } from '../spawn/local-wire.ts'

const MAX_BYTES = 3000
const CUT_BYTES = 2966
const CUT_MARK = '\nError report too long, sorry.\n'

/** How a delivery ended: exit code (null: killed by a signal) and what it printed. */
export interface Ending {
  code: number | null
  output: Bytes
}

const fixed: Record<number, Bytes> = {
  [LspawnExit.bug]: 'ZInternal qmail-lspawn bug.\n',
  [LspawnExit.root]: 'ZNot allowed to perform deliveries as root.\n',
  [LspawnExit.nfs]: 'ZNFS failure in qmail-local.\n',
  [LspawnExit.noAlias]: 'ZUnable to find alias user!\n',
  [LspawnExit.cdb]: 'ZTrouble reading users/cdb in qmail-lspawn.\n',
  [LspawnExit.system]: 'ZTemporary failure in qmail-lspawn.\n',
  [LspawnExit.memory]: 'ZOut of memory in qmail-lspawn.\n',
  [LspawnExit.cannotRun]: 'ZUnable to run qmail-local.\n',
  [LspawnExit.cannotRunGetpw]: 'ZUnable to run qmail-getpw.\n',
  [LspawnExit.cannotRunForGood]: 'DUnable to run qmail-local.\n'
}

/** Codes that mean "try again": 111 and some of sysexits.h. Unknown codes are failures for good (spec local-delivery.md 2.1). */
const temporaryCodes: readonly number[] = [Exit.temporary, 71, 74, 75]

/** Collects output up to the length a report may have. */
export class Output {
  #text: Bytes = ''

  add(chunk: Buffer): void {
    if (this.#text.length <= MAX_BYTES) this.#text += chunk.toString('latin1', 0, MAX_BYTES + 1)
  }

  /** The output; one that is too long is cut and says so. */
  get text(): Bytes {
    return this.#text.length > MAX_BYTES ? this.#text.slice(0, CUT_BYTES) + CUT_MARK : this.#text
  }
}

/** The message stands in the commit log, and this delivery needs a file. Nothing was done. */
export const needsFile: Ending = { code: Exit.temporary, output: NEEDS_FILE }

/** An ending without output. */
export const endedWith = (code: number | null): Ending => ({ code, output: '' })

/** The letter of a success; what qmail-local says of notes stands behind all else, and counts only where it was told of some. */
const successOf = (output: Bytes, hasNotes: boolean): Bytes => {
  if (hasNotes && output.endsWith(`\0${FORWARDED_FIELD}\0`)) return PASSED_ON
  return hasNotes && output.endsWith(`\0${LISTED_FIELD}\0`) ? LISTED : 'K'
}

/** The report of a delivery: letter and text, the output cut at its first NUL. */
export const reportOf = (ending: Ending, hasNotes = false): Bytes => {
  if (ending === needsFile) return NEEDS_FILE
  const { code, output } = ending
  if (code === null) return 'Zqmail-local crashed.\n'
  const text = fixed[code]
  if (text !== undefined) return text
  const letter = code === Exit.ok ? successOf(output, hasNotes) : temporaryCodes.includes(code) ? 'Z' : 'D'
  return letter + (output.split('\0', 1)[0] ?? '')
}
