import type { StdioOptions } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Env } from '../core/run.ts'
import type { TlsDoor } from './tls-door.ts'

/** Where the program finds the control socket, and the inside of TLS (spec modern.md 1.3). */
const CONTROL_FD = 10
/** Two numbers of one socket, as 0 and 1 are. */
const [READ_FD, WRITE_FD] = [11, 12]
const FIRST_FD = 3

/** Start TLS, and tell its variables; the same without telling. */
const [TELL, SILENT] = ['Y', 'y']

/** One connection's side of UCSPI-TLS: its program asks for TLS with a byte on the control socket. */
export class ControlSocket {
  /** What the program's list of descriptors goes on with after 0, 1 and 2. */
  readonly stdio: Exclude<StdioOptions, string>
  readonly env: Env = { SSLCTLFD: String(CONTROL_FD), SSLREADFD: String(READ_FD), SSLWRITEFD: String(WRITE_FD) }
  readonly #door: TlsDoor
  readonly #control: Socket
  readonly #inside: Socket
  readonly #theirs: readonly Socket[]
  #raw: Socket | undefined

  /** For a connection about to get its program; undefined: there is no TLS now. */
  static async open(door: TlsDoor): Promise<ControlSocket | undefined> {
    const [control, inside] = [await door.pair(), await door.pair()]
    if (control && inside) return new ControlSocket(door, control, inside)
    for (const end of [...(control ?? []), ...(inside ?? [])]) end.destroy()
    return undefined
  }

  private constructor(door: TlsDoor, [control, theirControl]: [Socket, Socket], [inside, theirInside]: [Socket, Socket]) {
    this.#door = door
    this.#control = control
    this.#inside = inside
    this.#theirs = [theirControl, theirInside]
    this.stdio = [...Array.from({ length: CONTROL_FD - FIRST_FD }, () => 'ignore' as const), theirControl, theirInside, theirInside]
  }

  /** The program runs: from now on it may ask for its connection, of which this is our copy, which nobody reads. `onTls` hears the number of a handshake. */
  attend(raw: Socket, onTls: (id: number) => void): void {
    for (const end of this.#theirs) end.destroy()
    this.#raw = raw
    this.#control.once('data', (byte) => void this.#start(byte.toString('latin1', 0, 1), onTls))
    this.#control.once('end', () => this.close())
    this.#control.once('close', () => this.close())
    this.#control.resume()
  }

  /** Lets go of everything that is not under way. */
  close(): void {
    this.#raw?.destroy()
    this.#raw = undefined
    this.#control.destroy()
    this.#inside.destroy()
  }

  async #start(word: string, onTls: (id: number) => void): Promise<void> {
    const raw = this.#raw
    this.#raw = undefined
    const led = raw && (word === TELL || word === SILENT) ? this.#door.lead(raw, this.#inside, '') : undefined
    if (!led) {
      raw?.destroy()
      this.close() // the program finds the end where it looks for variables
      return
    }
    onTls(led.id)
    const variables = await led.variables
    if (variables && word === TELL) this.#control.write(`${variables.map(([name, value]) => `${name}=${value}\0`).join('') || '\0'}\0`, 'latin1')
    this.#control.end()
  }
}
