import type { Bytes } from '../core/bytes.ts'
import { treatList } from '../format/addresslist.ts'
import type { Field } from '../format/header.ts'
import { type Token, tokenize, unquoted } from '../format/token822.ts'
import { unparse } from '../format/unparse822.ts'
import { type FieldRule, ruleFor } from './fields.ts'
import { type Hosts, rewrite, Unparsable } from './rewrite.ts'

/** A header gone through: what is kept of it, and what it said. */
export interface Rewritten {
  /** The fields to write, in their order. */
  kept: Bytes[]
  /** Names of the fields that count as present. */
  seen: Set<Bytes>
  isResent: boolean
  /** Raw addresses of the recipient fields, as they go into the envelope. */
  recipients: Bytes[]
  resentRecipients: Bytes[]
  /** A recipient field whose syntax is wrong: it names nobody. */
  unreadable: Bytes | undefined
  /** The envelope sender by Return-Path. */
  returnPath: Bytes | undefined
  /** Addresses of To and Cc, last to first within a field. */
  followup: Token[][]
}

const collect = (rule: FieldRule, address: Token[], to: Rewritten): void => {
  const raw = unquoted(address)
  if (rule.role === 'returnPath') to.returnPath ??= raw
  if (rule.role !== 'recipients') return
  if (rule.resent) to.resentRecipients.push(raw)
  else to.recipients.push(raw)
  if (rule.followup) to.followup.push(address)
}

/** The field with its addresses complete; undefined when its syntax is wrong. */
const rewriteField = (field: Field, rule: FieldRule, hosts: Hosts, to: Rewritten): Bytes | undefined => {
  const tokens = tokenize(field.text)
  const list =
    tokens &&
    treatList(tokens.slice(2), (given) => {
      const address = rewrite(given, hosts)
      collect(rule, address, to)
      return address
    })
  return list && unparse([...tokens.slice(0, 2), ...list])
}

const takeField = (field: Field, hosts: Hosts, letters: Bytes, to: Rewritten): void => {
  const rule = ruleFor(field.name)
  if (rule === undefined) {
    to.kept.push(field.text)
    return
  }
  if (rule.role === 'dropped' || (rule.ignoredBy && letters.includes(rule.ignoredBy))) return
  to.seen.add(field.name)
  if (rule.resent) to.isResent = true
  if (rule.role === 'note') {
    to.kept.push(field.text)
    return
  }
  const text = rewriteField(field, rule, hosts, to)
  if (text === undefined && rule.role !== 'recipients') throw new Unparsable(field.text)
  if (text === undefined) to.unreadable ??= field.text
  if (!rule.hidden) to.kept.push(text ?? field.text)
}

/** Goes through the fields of a message (spec injection-admin.md 2.4). `letters`: those of QMAILINJECT. Throws Unparsable for a bad sender field. */
export const rewriteHeader = (fields: readonly Field[], hosts: Hosts, letters: Bytes): Rewritten => {
  const to: Rewritten = {
    kept: [],
    seen: new Set(),
    isResent: false,
    recipients: [],
    resentRecipients: [],
    unreadable: undefined,
    returnPath: undefined,
    followup: []
  }
  for (const field of fields) takeField(field, hosts, letters, to)
  return to
}
