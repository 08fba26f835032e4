import type { Readable, Writable } from 'node:stream'
import type { Bytes } from '../core/bytes.ts'
import { fsPath } from '../core/bytes.ts'
import { Conversation } from '../net/converse.ts'
import { type Message, scan, sweep } from './maildrop.ts'
import { Pop3Session } from './session.ts'

/** The longest silence of a client. */
const SILENCE_SECONDS = 1200

/** Enters a Maildir and lists it; else what to say to the client. */
export const openMaildrop = (maildir: Bytes | undefined, nowMs: number): Message[] | Bytes => {
  try {
    if (maildir === undefined) return '-ERR this user has no $HOME/Maildir\r\n'
    process.chdir(fsPath(maildir).toString())
  } catch {
    return '-ERR this user has no $HOME/Maildir\r\n'
  }
  try {
    sweep(nowMs)
    return scan(nowMs)
  } catch {
    return '-ERR unable to scan $HOME/Maildir\r\n'
  }
}

/** Writes; when that fills the output, resolves after it has been read, or is gone. */
const writer =
  (output: Writable) =>
  (data: Buffer | Bytes): Promise<void> | undefined => {
    if (typeof data === 'string' ? output.write(data, 'latin1') : output.write(data)) return undefined
    return new Promise((resolve) => {
      const done = (): void => {
        output.off('drain', done)
        output.off('close', done)
        resolve()
      }
      output.on('drain', done)
      output.on('close', done)
      if (output.destroyed) done()
    })
  }

/** Serves one POP3 client to its end. Resolves with the exit code, 0. */
export const servePop3 = (input: Readable, output: Writable, messages: Message[], capabilities: Bytes | undefined): Promise<number> => {
  const write = writer(output)
  const { done } = new Conversation(input, output, new Pop3Session({ messages, write, capabilities }), SILENCE_SECONDS)
  void write('+OK \r\n')
  return done
}
