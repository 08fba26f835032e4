import type { Bytes } from '../core/bytes.ts'
import { parseCommand } from '../format/command.ts'
import type { Talker } from '../net/converse.ts'

/** Why a client is turned away: for now, or for good. */
export interface Block {
  code: 451 | 553
  text: Bytes
}

const MAX_TEXT_BYTES = 200
const MAX_LINE_BYTES = 65_536
const LF = 0x0a
const NAME = 'rblsmtpd.local'

/** A block in harmless words. */
export const blockOf = (code: Block['code'], text: Bytes): Block => ({ code, text: text.slice(0, MAX_TEXT_BYTES).replace(/[^ -~]/g, '?') })

/**
 * What $RBLSMTPD decides (spec network.md 2.5): set to nothing, the client is let in; set to anything else, it is turned away, with `-` before the text for
 * good. Undefined: it is not set, and lists may be asked.
 */
export const blockByVariable = (value: Bytes | undefined): Block | 'letIn' | undefined => {
  if (value === undefined) return undefined
  if (value === '') return 'letIn'
  return value.startsWith('-') ? blockOf(553, value.slice(1)) : blockOf(451, value)
}

/** The line that is logged of a client turned away. */
export const blockLine = (ip: Bytes, pid: number, { code, text }: Block): string => `rblsmtpd: ${ip} pid ${pid}: ${code} ${text}`

/** The line that says no. */
export const replyLine = ({ code, text }: Block): Bytes => `${code} ${text}\r\n`

/** Talks to a client that is turned away: polite, and no to everything (spec network.md 2.5). */
export class BlockDialogue implements Talker {
  exit: number | undefined
  readonly #block: Block
  readonly #write: (text: Bytes) => void
  #line: Buffer = Buffer.alloc(0)

  constructor(block: Block, write: (text: Bytes) => void) {
    this.#block = block
    this.#write = write
  }

  greet(): void {
    this.#write(`220 ${NAME}\r\n`)
  }

  feed(chunk: Buffer): undefined {
    this.#line = this.#line.length === 0 ? chunk : Buffer.concat([this.#line, chunk])
    let replies = ''
    for (let end = this.#line.indexOf(LF); end >= 0 && this.exit === undefined; end = this.#line.indexOf(LF)) {
      replies += this.#answer(parseCommand(this.#line.toString('latin1', 0, end)).verb)
      this.#line = this.#line.subarray(end + 1)
    }
    if (this.#line.length > MAX_LINE_BYTES) this.exit = 0
    if (replies !== '') this.#write(replies)
    return undefined
  }

  async timeOut(): Promise<void> {
    this.exit = 0
  }

  async hangUp(): Promise<void> {
    this.exit ??= 0
  }

  #answer(verb: Bytes): Bytes {
    switch (verb) {
      case 'helo':
      case 'ehlo':
      case 'mail':
      case 'rset':
      case 'noop':
        return `250 ${NAME}\r\n`
      case 'quit':
        this.exit = 0
        return `221 ${NAME}\r\n`
      default:
        return replyLine(this.#block)
    }
  }
}
