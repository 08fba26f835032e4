import { closeSync, openSync, readSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { parseCommand } from '../format/command.ts'
import { type Message, settle } from './maildrop.ts'
import { WireBody } from './wire-body.ts'

const LF = 0x0a
/** Longer lines end the session. */
const MAX_LINE_BYTES = 65_536
const READ_BYTES = 65_536
/** Lines of a listing that are said at a time. */
const LISTED_AT_A_TIME = 1000
const OK = '+OK \r\n'
const SYNTAX = '-ERR syntax error\r\n'

/** The number at the start of an argument, however large: none may come to mean a smaller one. */
const digitsOf = (argument: Bytes): number | undefined => {
  const digits = /^[0-9]+/.exec(argument)?.[0]
  return digits === undefined ? undefined : Number(digits)
}

/** What a session asks of the world. */
export interface Pop3Options {
  messages: Message[]
  /** Says something; a promise: wait for it before saying more. */
  write: (data: Buffer | Bytes) => Promise<void> | undefined
  /** The whole answer to CAPA, if there is one. */
  capabilities: Bytes | undefined
}

/** One POP3 session over a list of messages that does not change (spec network.md 8.3). Its end is always exit code 0. */
export class Pop3Session {
  exit: number | undefined
  readonly #options: Pop3Options
  #input: Buffer = Buffer.alloc(0)
  /** The highest number that was deleted. */
  #last = 0

  constructor(options: Pop3Options) {
    this.#options = options
  }

  /** Takes the next bytes; does what they ask for, one command after the other. Never fails. */
  async feed(chunk: Buffer): Promise<void> {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk])
    for (let end = this.#input.indexOf(LF); end >= 0 && this.exit === undefined; end = this.#input.indexOf(LF)) {
      const { verb, argument } = parseCommand(this.#input.toString('latin1', 0, end))
      this.#input = this.#input.subarray(end + 1)
      await this.#command(verb, argument)
    }
    if (this.#input.length > MAX_LINE_BYTES) this.exit = 0
  }

  async timeOut(): Promise<void> {
    this.exit = 0
  }

  async hangUp(): Promise<void> {
    this.exit ??= 0
  }

  #command(verb: Bytes, argument: Bytes): Promise<void> | undefined {
    switch (verb) {
      case 'stat':
        return this.#stat()
      case 'list':
        return this.#list(argument, ({ bytes }) => String(bytes))
      case 'uidl':
        return this.#list(argument, ({ uid }) => uid)
      case 'retr':
      case 'top':
        return this.#retrieve(argument)
      case 'dele':
        return this.#delete(argument)
      case 'last':
        return this.#say(`+OK ${this.#last}\r\n`)
      case 'rset':
        for (const message of this.#options.messages) message.isDeleted = false
        this.#last = 0
        return this.#say(OK)
      case 'noop':
        return this.#say(OK)
      case 'capa':
        return this.#say(this.#options.capabilities ?? '-ERR unimplemented\r\n')
      case 'quit':
        this.exit = 0
        return this.#say(settle(this.#options.messages) ? OK : `-ERR unable to unlink all deleted messages\r\n${OK}`)
      default:
        return this.#say('-ERR unimplemented\r\n')
    }
  }

  #say(data: Buffer | Bytes): Promise<void> | undefined {
    return this.#options.write(data)
  }

  #stat(): Promise<void> | undefined {
    const { messages } = this.#options
    const bytes = messages.reduce((sum, message) => sum + (message.isDeleted ? 0 : message.bytes), 0)
    return this.#say(`+OK ${messages.length} ${bytes}\r\n`)
  }

  /** The message of a number at the start of an argument; else what is wrong with it. */
  #message(argument: Bytes): { message: Message; number: number } | Bytes {
    const number = digitsOf(argument)
    if (number === undefined) return SYNTAX
    if (number === 0) return '-ERR messages are counted from 1\r\n'
    const message = this.#options.messages[number - 1]
    if (message === undefined) return '-ERR not that many messages\r\n'
    return message.isDeleted ? '-ERR already deleted\r\n' : { message, number }
  }

  async #list(argument: Bytes, show: (message: Message) => Bytes): Promise<void> {
    if (argument !== '') {
      const found = this.#message(argument)
      await this.#say(typeof found === 'string' ? found : `+OK ${found.number} ${show(found.message)}\r\n`)
      return
    }
    const { messages } = this.#options
    let text = OK
    for (const [i, message] of messages.entries()) {
      if (!message.isDeleted) text += `${i + 1} ${show(message)}\r\n`
      if (i % LISTED_AT_A_TIME !== LISTED_AT_A_TIME - 1) continue
      await this.#say(text)
      text = ''
    }
    await this.#say(`${text}.\r\n`)
  }

  #delete(argument: Bytes): Promise<void> | undefined {
    const found = this.#message(argument)
    if (typeof found === 'string') return this.#say(found)
    found.message.isDeleted = true
    this.#last = Math.max(this.#last, found.number)
    return this.#say(OK)
  }

  async #retrieve(argument: Bytes): Promise<void> {
    const found = this.#message(argument)
    if (typeof found === 'string') {
      await this.#say(found)
      return
    }
    let fd: number
    try {
      fd = openSync(fsPath(found.message.path), 'r')
    } catch {
      await this.#say('-ERR unable to open that message\r\n')
      return
    }
    try {
      await this.#say(OK)
      await this.#send(fd, new WireBody(digitsOf(argument.replace(/^[0-9]+ */, ''))))
    } catch {
      this.exit = 0 // half a message is none, and there is no other way to say so
    } finally {
      closeSync(fd)
    }
  }

  async #send(fd: number, body: WireBody): Promise<void> {
    while (!body.isOver && this.exit === undefined) {
      const buffer = Buffer.allocUnsafe(READ_BYTES)
      const length = readSync(fd, buffer)
      if (length === 0) break
      await this.#say(body.push(buffer.subarray(0, length)))
    }
    await this.#say(body.end())
  }
}
