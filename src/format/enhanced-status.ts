import type { Bytes } from '../core/bytes.ts'

/** What a report on one delivery tells programs: the fields of RFC 3464, section 2.3, that can be had from its text. */
export interface Diagnosis {
  /** RFC 3463: `5.1.1`. */
  status: string
  /** The host that was spoken to, as far as it is named: its address in brackets, or its name. */
  host: Bytes | undefined
  /** The value of Diagnostic-Code: what the host said (`smtp; ...`), else our own words (`x-qmail; ...`), as one line. */
  said: Bytes | undefined
}

const MAX_SAID_BYTES = 900
const SAID = 'Remote host said: '
const ADDRESS = /^(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$/

/** The lines of the host's answer: the first, and those after it that bear the same code. */
const answerIn = (text: Bytes): Bytes[] => {
  const at = text.indexOf(SAID)
  if (at < 0) return []
  const lines = text.slice(at + SAID.length).split('\n')
  const code = lines[0]?.slice(0, 3) ?? ''
  const end = lines.findIndex((line, n) => n > 0 && !(line.startsWith(code) && /^[0-9]{3}(?:[ -]|$)/.test(line)))
  return lines.slice(0, end < 0 ? undefined : end).filter((line) => line !== '')
}

const oneLine = (lines: Bytes[]): Bytes =>
  lines
    .join(' ')
    .replace(/[^ -~]/g, '?')
    .slice(0, MAX_SAID_BYTES)
    .trim()

/** The words of qmail-remote that name the host. */
const hostIn = (text: Bytes): Bytes | undefined => {
  const found =
    /^Connected to (\S+) but |^(\S+) (?:does not like recipient|failed on DATA|failed after I sent|accepted message|does not take internationalised)|^Giving up on (\S+)\.$|message is too large for (\S+)\. /m.exec(
      text
    )
  const host = found?.slice(1).find((part) => part !== undefined)
  if (host === undefined || !/^[!-~]{1,255}$/.test(host)) return undefined
  if (!ADDRESS.test(host)) return host
  return host.includes(':') ? `[IPv6:${host}]` : `[${host}]`
}

/** The first code of a class that fits. */
const codeIn = (text: Bytes, pattern: RegExp, classes: string): string | undefined => {
  for (const [, code] of text.matchAll(pattern)) if (code !== undefined && classes.includes(code.charAt(0))) return code
  return undefined
}

/**
 * Reads the text of a report on a delivery. `classes`: of the status that may come out, the likeliest first; without one in the text it is that class's `x.0.0`.
 * The host's own code counts more than ours (spec modern.md 5.7).
 */
export const diagnose = (text: Bytes, classes: '2' | '4' | '5' | '54'): Diagnosis => {
  const answer = answerIn(text)
  const status =
    codeIn(answer.join('\n'), /^[0-9]{3}[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])/gm, classes) ??
    codeIn(text, /\(#([245]\.[0-9]{1,3}\.[0-9]{1,3})\)/g, classes) ??
    `${classes.charAt(0)}.0.0`
  return {
    status,
    host: hostIn(text),
    said: answer.length > 0 ? `smtp; ${oneLine(answer)}` : text === '' ? undefined : `x-qmail; ${oneLine(text.split('\n'))}`
  }
}
