import { ReadStream } from 'node:tty'
import type { Bytes } from '../core/bytes.ts'
import { Permanent } from '../core/failure.ts'
import { readAll, writeFd } from '../core/fdio.ts'

const FD = { in: 0, terminal: 2 } as const
const [CANCEL, END, ERASE] = ['\x03', '\x04', '\x7f']

/** One line of the terminal, typed without being shown. Cancelled: Permanent. */
const typed = (question: string): Promise<Bytes> =>
  new Promise((resolve, reject) => {
    writeFd(FD.terminal, question)
    const terminal = new ReadStream(FD.in)
    terminal.setRawMode(true) // Node sets it back when the process ends, however it ends
    let text = ''
    const end = (settle: () => void): void => {
      terminal.setRawMode(false)
      terminal.destroy()
      writeFd(FD.terminal, '\n')
      settle()
    }
    terminal.on('data', (data) => {
      for (const c of data.toString('latin1')) {
        if (c === CANCEL || c === END) return end(() => reject(new Permanent('no password')))
        if (c === '\r' || c === '\n') return end(() => resolve(text))
        text = c === ERASE ? text.slice(0, -1) : text + c
      }
    })
  })

/** A new password: typed twice where descriptor 0 is a terminal, else its first line. Empty, or not twice the same: Permanent. */
export const askPassword = async (isTerminal: boolean, address: Bytes): Promise<Bytes> => {
  const first = isTerminal ? await typed(`password for ${address}: `) : (readAll(FD.in).toString('latin1').split('\n', 1)[0] ?? '')
  if (first === '' || first.includes('\0')) throw new Permanent('no password')
  if (isTerminal && (await typed('once more: ')) !== first) throw new Permanent('these are two different passwords')
  return first
}
