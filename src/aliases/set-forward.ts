import { type Bytes, lower } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'

/** A longer recipient would not be read back. */
const MAX_RECIPIENT_BYTES = 800
const DROPPED = ' \t\n'
const KNOWN_STARTS = '?|!./&'

type Records = [Bytes, Bytes][]

const commandOf = (text: Bytes): Bytes => {
  const command = KNOWN_STARTS.includes(text[0] ?? '') ? text : `&${text}`
  if (command.startsWith('&') && command.length > MAX_RECIPIENT_BYTES) throw new Permanent('addresses must be under 800 bytes')
  return command
}

/** Collects instructions word by word. */
class Instructions {
  readonly records: Records = []
  #target: Bytes | undefined
  #commands = ''
  #word = ''

  add(byte: Bytes): void {
    if (byte === '\0') throw new Permanent('NUL bytes are not permitted')
    this.#word += byte
  }

  colon(): void {
    if (this.#target !== undefined) throw new Permanent('double colons are not permitted')
    this.#target = lower(this.#word)
    this.#word = ''
  }

  comma(): void {
    if (this.#target === undefined) throw new Permanent('commands must follow a target and a colon')
    const command = this.#word === '' ? '' : commandOf(this.#word)
    if (command.startsWith('?')) this.records.push([`?${this.#target}`, command.slice(1)])
    else if (command !== '') this.#commands += `${command}\0`
    this.#word = ''
  }

  semicolon(): void {
    this.comma()
    if (this.#commands !== '') this.records.push([`:${this.#target}`, this.#commands])
    this.#target = undefined
    this.#commands = ''
  }

  end(): void {
    if (this.#target !== undefined || this.#word !== '') throw new Permanent('final instruction must end with semicolon')
  }
}

/** The records for setforward's instructions (spec local-delivery.md 8.3). Permanent when they are wrong. */
export const forwardRecords = (text: Bytes): Records => {
  const all = new Instructions()
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as string
    if (byte === '#') {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (byte === '\\') {
      at++
      if (at < text.length) all.add(text[at] as string)
    } else if (byte === ':') all.colon()
    else if (byte === ',') all.comma()
    else if (byte === ';') all.semicolon()
    else if (!DROPPED.includes(byte)) all.add(byte)
  }
  all.end()
  return all.records
}

const escaped = (text: Bytes): Bytes => text.replace(/[\0- ,:;\\#\x80-\xff]/g, '\\$&')

/** One record as setforward would read it again. A record that is neither commands nor owner: Permanent. */
export const printedRecord = ([key, data]: readonly [Bytes, Bytes]): Bytes => {
  const target = escaped(key.slice(1))
  if (key.startsWith('?')) return `${target}: ?${escaped(data)};\n`
  if (!key.startsWith(':') || (data !== '' && !data.endsWith('\0'))) throw new Permanent('bad database format')
  const commands = data.split('\0').slice(0, -1)
  return `${target}:\n${commands.map((command) => `, ${escaped(command)}\n`).join('')};\n`
}
