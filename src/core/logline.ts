import { writeFd } from './fdio.ts'

/** Makes text safe for one log line: bytes outside 32..126 become `?`. */
export const printable = (text: string): string => text.replace(/[^ -~]/g, '?')

/** Writes one line to a descriptor, in one write, ignoring a reader that has gone. */
export const logLine = (fd: number, text: string): void => {
  try {
    writeFd(fd, `${text}\n`)
  } catch {
    // nobody is left to tell
  }
}
