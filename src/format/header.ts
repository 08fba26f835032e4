import type { Bytes } from '../core/bytes.ts'

/** One field of a header as it came, line ends and folding included. */
export interface Field {
  /** In lower case, without the blanks before the colon. */
  name: Bytes
  text: Bytes
}

/** A message cut where its header ends. */
export interface Split {
  fields: Field[]
  /** The empty line between header and body; nothing when there is no body. */
  separator: '' | '\n'
  /** What of the body has been read already. */
  body: Buffer
}

const LF = 0x0a

const nameOf = (line: Bytes): Bytes | undefined => /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1]?.toLowerCase()

/** Takes lines until the header ends. The length of lines, fields and header has no limit. */
class HeaderLines {
  readonly fields: Field[] = []
  separator: Split['separator'] = ''

  /** False when this line is not of the header; it is then the body's, unless it is the separator itself. */
  take(line: Bytes): boolean {
    const last = this.fields.at(-1)
    if (last !== undefined && (line.startsWith(' ') || line.startsWith('\t'))) {
      last.text += line
      return true
    }
    const isMbox = line.startsWith('From ')
    const name = isMbox ? 'mbox-line' : nameOf(line)
    if (name !== undefined) this.fields.push({ name, text: isMbox ? `MBOX-Line: ${line}` : line })
    else this.separator = '\n'
    return name !== undefined
  }
}

/**
 * Reads a message up to the end of its header (spec injection-admin.md 2.3); the rest of the body is still to be had from `source`.
 * A last line without an end gets one. Throws what the source throws.
 */
export const splitHeader = (source: Iterator<Buffer>): Split => {
  const lines = new HeaderLines()
  let held: Buffer[] = []
  const body = (line: Bytes, rest: Buffer): Buffer => (line === '\n' ? rest : Buffer.concat([Buffer.from(line, 'latin1'), rest]))
  for (let next = source.next(); next.done !== true; next = source.next()) {
    let rest: Buffer = next.value
    for (let end = rest.indexOf(LF); end >= 0; end = rest.indexOf(LF)) {
      const line = Buffer.concat([...held, rest.subarray(0, end + 1)]).toString('latin1')
      held = []
      rest = rest.subarray(end + 1)
      if (!lines.take(line)) return { fields: lines.fields, separator: lines.separator, body: body(line, rest) }
    }
    held.push(rest)
  }
  const line = Buffer.concat(held).toString('latin1')
  const isBody = line !== '' && !lines.take(`${line}\n`)
  return { fields: lines.fields, separator: lines.separator, body: Buffer.from(isBody ? `${line}\n` : '', 'latin1') }
}

const TLS_WAIVER = /^TLS-Required[ \t]*:(?:[ \t\r]|\n[ \t])*no[ \t\r]*(?:\n(?![ \t])|(?![\s\S]))/im

/** Does a header say `TLS-Required: No`: its sender wants the message to arrive whatever TLS there is (RFC 8689 5)? Any other value says nothing. */
export const waivesTls = (header: Bytes): boolean => TLS_WAIVER.test(header)
