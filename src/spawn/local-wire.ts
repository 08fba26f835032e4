/** What qmail-local answers in its second gear when a delivery needs the first: nothing has been done then. See src/spawn/wire.ts. */
export const FIRST_GEAR = 'first'
/** What it says before its answer when all is done but for making it durable. */
export const WRITTEN_WORD = 'written'

/** Messages up to this size are delivered in the second gear; those of the commit log always. */
export const MAX_RESIDENT_BYTES = 256 * 1024
/** Arguments up to this length, all together, are handed over in the second gear; qmail-send's never come near it. */
export const MAX_VALUES_BYTES = 128 * 1024
