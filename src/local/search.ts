import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { errorCode, isTemporary, Permanent, reason, Temporary } from '../core/failure.ts'
import { dotQmailNames, safeExt } from '../format/dotqmail-names.ts'
import type { Job } from './job.ts'

/** The .qmail file that rules a delivery, open. */
export interface Found {
  fd: number
  /** Its owner-execute bit is set: only forwarding is allowed. */
  forwardOnly: boolean
  /** DEFAULT: what the word `default` in its name stands for; undefined if it has none. */
  matched: Bytes | undefined
}

/** A .qmail file is read whole: larger ones are somebody's mistake, or meant to be in the way. */
const MAX_BYTES = 1_048_576

const unable = (name: Bytes, error: unknown): Temporary => new Temporary(`Unable to open ${name}: ${reason(error)}. (#4.3.0)`, { cause: error })

/** Runs a system call on a .qmail file; undefined if that means "not there". Trouble that may pass, and refusals, are Temporary: no other file steps in. */
const attempt = <T>(name: Bytes, call: () => T): T | undefined => {
  try {
    return call()
  } catch (error) {
    if (isTemporary(error) || errorCode(error) === 'EACCES' || errorCode(error) === 'EPERM') throw unable(name, error)
    return undefined
  }
}

const open = (homedir: Bytes, name: Bytes): Pick<Found, 'fd' | 'forwardOnly'> | undefined => {
  const path = fsPath(`${homedir}/${name}`)
  // Asking first is cheaper than failing to open, and never opens a device.
  if (!attempt(name, () => statSync(path, { throwIfNoEntry: false }))?.isFile()) return undefined
  const fd = attempt(name, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
  if (fd === undefined) return undefined
  const stat = fstatSync(fd)
  if (stat.isFile() && !(stat.mode & 0o2) && stat.size <= MAX_BYTES) return { fd, forwardOnly: (stat.mode & 0o100) !== 0 }
  closeSync(fd)
  if (stat.isFile())
    throw new Temporary(stat.mode & 0o2 ? 'Uh-oh: .qmail file is writable. (#4.7.0)' : `Uh-oh: .qmail file is larger than ${MAX_BYTES} bytes. (#4.3.0)`)
  return undefined
}

/**
 * Finds and opens the .qmail file of a recipient: its own, else the nearest -default (spec local-delivery.md 3.4). Undefined when a
 * bare user has none; Permanent when an extension has none; Temporary when one cannot be opened or is writable by all.
 */
export const findDotQmail = ({ homedir, dash, ext }: Job): Found | undefined => {
  for (const { name, matched } of dotQmailNames(dash, ext)) {
    const found = open(homedir, name)
    if (found) return { ...found, matched }
  }
  if (dash !== '') throw new Permanent('Sorry, no mailbox here by that name. (#5.1.1)')
  return undefined
}

const exists = (homedir: Bytes, name: Bytes): boolean => {
  try {
    return statSync(fsPath(`${homedir}/${name}`), { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if (isTemporary(error)) throw unable(name, error)
    return false
  }
}

/** NEWSENDER, whom forwarded copies come from: the list's owner where there is an -owner file (spec local-delivery.md 3.5). */
export const forwardingSender = ({ homedir, local, dash, ext, domain, sender }: Job): Bytes => {
  if (sender === '' || sender === '#@[]') return sender
  const owner = `.qmail${dash}${safeExt(ext)}-owner`
  if (!exists(homedir, owner)) return sender
  return exists(homedir, `${owner}-default`) ? `${local}-owner-@${domain}-@[]` : `${local}-owner@${domain}`
}
