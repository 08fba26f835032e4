import type { Bytes } from '../core/bytes.ts'
import type { Dialogue } from './dialogue.ts'

/** One extension of SMTP, as EHLO offers it: its line, or undefined where it is not offered. */
export type Extension = (dialogue: Dialogue) => Bytes | undefined

/** In the order offered (spec network.md 4.2). */
const extensions: readonly Extension[] = [() => 'PIPELINING', () => '8BITMIME']

/** The lines of the answer to EHLO after the first. */
export const extensionLines = (dialogue: Dialogue): Bytes[] => extensions.map((line) => line(dialogue)).filter((line) => line !== undefined)
