/** What qmail-local answers in its second gear when a delivery needs the first: nothing has been done then. See src/spawn/wire.ts. */
export const FIRST_GEAR = 'first'
/**
 * What it answers when a program is all there is to do: the command and the environment's `NAME=value` follow, and it is for qmail-lspawn to run it as that user.
 * A program may take hours, a resident may not.
 */
export const PROGRAM = 'program'
/** Command and environment together may have this length; longer ones need the first gear. */
export const MAX_PROGRAM_BYTES = 128 * 1024
/** The last line of a delivery's report, which log analysers read: mbox files and Maildirs, forwards, programs. */
export const countsLine = (files: number, forwards: number, programs: number): string => `did ${files}+${forwards}+${programs}\n`
/** What is said of a program that was killed. */
export const PROGRAM_CRASHED = 'Aack, child crashed. (#4.3.0)'
/** What it says before its answer when all is done but for making it durable. */
export const WRITTEN_WORD = 'written'

/** With so many deliveries under way, rounds of syncfs for all cost less than an fsync of each file. */
export const MANY = 4
/** What is behind the number of a request when as many are under way, for whomever. */
export const COMPANY_MARK = '+'
/** Asks the parent to make a file system durable, by its device; the answers. */
export const SYNC_WORDS = { ask: 'sync', done: 'synced', failed: 'unsynced' } as const

/** What qmail-local, told of notes, says behind its report and a NUL: the message was forwarded to one address with all that its sender asked for; or a mailing list took it. */
export const FORWARDED_FIELD = '+dsn'
export const LISTED_FIELD = '+list'

/** Messages up to this size are delivered in the second gear; those of the commit log always. */
export const MAX_RESIDENT_BYTES = 8 * 1024 * 1024
/** Arguments up to this length, all together, are handed over in the second gear; qmail-send's never come near it. */
export const MAX_VALUES_BYTES = 128 * 1024
