import type { Bytes } from '../core/bytes.ts'

/** One line of a .qmail file, ready to be carried out. `refused`: delivery stops here, temporarily, with this text. */
export type Instruction = { kind: 'mbox' | 'maildir' | 'program' | 'forward'; argument: Bytes } | { kind: 'refused'; text: string }

const BLANK_FIRST = 'Uh-oh: first line of .qmail file is blank. (#4.2.1)'
const refusedBy = (what: 'file' | 'prog'): Instruction => ({ kind: 'refused', text: `Uh-oh: .qmail has ${what} delivery but has x bit set. (#4.7.0)` })

/** A NUL ends what is used of a line. */
const used = (text: Bytes): Bytes => text.split('\0', 1)[0] ?? ''

/** Without the spaces and tabs at its end. By hand: a regular expression takes the square of the time over a long run of blanks. */
const trimmed = (line: Bytes): Bytes => {
  let end = line.length
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--
  return line.slice(0, end)
}

const file = (line: Bytes): Instruction => ({ kind: line.endsWith('/') ? 'maildir' : 'mbox', argument: used(line) })

/**
 * The instructions in the text of a .qmail file, up to the first that is refused (spec local-delivery.md 3.7). `forwardOnly`: the
 * file's x bit is set, so it may name no file and no program; the line `+list` says the same from there on.
 */
export const parseInstructions = (text: Bytes, forwardOnly: boolean): Instruction[] => {
  const found: Instruction[] = []
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n')
  let listOnly = forwardOnly
  for (const [i, raw] of lines.entries()) {
    const line = trimmed(raw)
    const first = line[0] === '\0' ? undefined : line[0]
    if (first === undefined && i === 0) return [{ kind: 'refused', text: BLANK_FIRST }]
    if (first === undefined || first === '#') continue
    if (first === '+') listOnly ||= used(line) === '+list'
    else if (first === '&') found.push({ kind: 'forward', argument: used(line.slice(1)) })
    else if (first === '.' || first === '/' || first === '|') {
      if (listOnly) return [...found, refusedBy(first === '|' ? 'prog' : 'file')]
      found.push(first === '|' ? { kind: 'program', argument: used(line.slice(1)) } : file(line))
    } else found.push({ kind: 'forward', argument: used(line) })
  }
  return found
}
