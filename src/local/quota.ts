import { appendFileSync, closeSync, fstatSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { type Bytes, fsPath } from '../core/bytes.ts'
import { errorCode } from '../core/failure.ts'

/** What a Maildir may hold; Infinity: as much as there is room for. */
export interface Quota {
  bytes: number
  messages: number
}

/** What it holds. */
export interface Holding {
  bytes: number
  messages: number
}

const UNITS: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }
/** Maildir++: a longer file, or an old one when the quota seems to be reached, is made anew. */
const MAX_FILE_BYTES = 5120
const OLD_MILLISECONDS = 15 * 60_000
const TRASH = '.Trash'

/** Reads a quota: `10000000S,1000C`, with K, M, G for sizes. Empty or nonsense: undefined. */
export const parseQuota = (text: Bytes): Quota | undefined => {
  const [, size, unit = '', messages] = /^(?:([0-9]+)([KMG]?)S?)?(?:,?([0-9]+)C)?$/.exec(text) ?? []
  if (size === undefined && messages === undefined) return undefined
  return {
    bytes: size === undefined ? Number.POSITIVE_INFINITY : Number(size) * (UNITS[unit] ?? 1),
    messages: messages === undefined ? Number.POSITIVE_INFINITY : Number(messages)
  }
}

/** A quota as the first line of maildirsize has it. */
const written = ({ bytes, messages }: Quota): Bytes =>
  [...(Number.isFinite(bytes) ? [`${bytes}S`] : []), ...(Number.isFinite(messages) ? [`${messages}C`] : [])].join(',')

const sum = (all: readonly Holding[]): Holding =>
  all.reduce((a, b) => ({ bytes: a.bytes + b.bytes, messages: a.messages + b.messages }), { bytes: 0, messages: 0 })

const namesIn = (folder: Bytes): Bytes[] => {
  try {
    return readdirSync(fsPath(folder), 'latin1').filter((name) => !name.startsWith('.'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return []
    throw error
  }
}

/** A file's size: its name says it (`,S=`), else the file itself; nothing when it is gone, or in the trash. */
const sizeOf = (folder: Bytes, name: Bytes): Holding => {
  const none = { bytes: 0, messages: 0 }
  if (/:2,[A-Z]*T/.test(name)) return none
  const said = /,S=([0-9]+)/.exec(name)?.[1]
  const bytes = said === undefined ? statSync(fsPath(`${folder}/${name}`), { throwIfNoEntry: false })?.size : Number(said)
  return bytes === undefined ? none : { bytes, messages: 1 }
}

const foldersOf = (maildir: Bytes): Bytes[] => [
  maildir,
  ...readdirSync(fsPath(maildir), 'latin1')
    .filter((name) => /^\.[^.]/.test(name) && name !== TRASH)
    .map((name) => `${maildir}/${name}`)
]

/** Counts all messages of a Maildir and its folders. Throws system errors. */
const counted = (maildir: Bytes): Holding =>
  sum(foldersOf(maildir).flatMap((folder) => ['new', 'cur'].flatMap((part) => namesIn(`${folder}/${part}`).map((name) => sizeOf(`${folder}/${part}`, name)))))

/** The file that remembers what a Maildir holds (Maildir++): its quota, then a line for each change. */
const fileOf = (maildir: Bytes): Bytes => `${maildir}/maildirsize`

interface Remembered {
  quota: Quota | undefined
  usage: Holding
  /** Not too long, and every line is one. */
  isSound: boolean
  /** Written lately. */
  isFresh: boolean
}

const remembered = (maildir: Bytes): Remembered | undefined => {
  let fd: number
  try {
    fd = openSync(fsPath(fileOf(maildir)), 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const { size, mtimeMs } = fstatSync(fd)
    const [first = '', ...lines] = readFileSync(fd, 'latin1').split('\n')
    const changes = lines.filter((line) => line.trim() !== '').map((line) => line.trim().split(/\s+/).map(Number))
    const isSound = size < MAX_FILE_BYTES && changes.every((numbers) => numbers.length === 2 && numbers.every(Number.isSafeInteger))
    const usage = sum(changes.map(([bytes = 0, messages = 0]) => ({ bytes, messages })))
    return {
      quota: parseQuota(first.trim()),
      usage,
      isSound: isSound && usage.bytes >= 0 && usage.messages >= 0,
      isFresh: Date.now() - mtimeMs < OLD_MILLISECONDS
    }
  } finally {
    closeSync(fd)
  }
}

/** Counts afresh and remembers it, in one step. */
const renew = (maildir: Bytes, quota: Quota): Holding => {
  const usage = counted(maildir)
  const temporary = `${maildir}/tmp/maildirsize.${process.pid}.${Date.now()}`
  writeFileSync(fsPath(temporary), `${written(quota)}\n${usage.bytes} ${usage.messages}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(fsPath(temporary), fsPath(fileOf(maildir)))
  return usage
}

const fits = (usage: Holding, bytes: number, quota: Quota): boolean => usage.bytes + bytes <= quota.bytes && usage.messages + 1 <= quota.messages

const isSame = (a: Quota, b: Quota | undefined): boolean => a.bytes === b?.bytes && a.messages === b.messages

/** The quota that a Maildir remembers; undefined: none. */
export const rememberedQuota = (maildir: Bytes): Quota | undefined => remembered(maildir)?.quota

/**
 * Is there room for a message of so many bytes (Maildir++)? Counts the messages when what is remembered is missing, of another quota, too
 * long, or old and against the message. Throws system errors.
 */
export const hasRoom = (maildir: Bytes, quota: Quota, bytes: number): boolean => {
  const known = remembered(maildir)
  if (known === undefined || !known.isSound || !isSame(quota, known.quota)) return fits(renew(maildir, quota), bytes, quota)
  if (fits(known.usage, bytes, quota)) return true
  return known.isFresh ? false : fits(renew(maildir, quota), bytes, quota)
}

/** Remembers a message that was added. */
export const addMessage = (maildir: Bytes, bytes: number): void => appendFileSync(fsPath(fileOf(maildir)), `${bytes} 1\n`)
