const LF = 0x0a
const LONGEST = 'delivered'.length

/** So many hops are a loop (spec network.md 4.5). */
export const MAX_HOPS = 100

/**
 * Counts the header lines that begin with `received` or `delivered`, whatever follows, in a message as it comes over the wire,
 * up to its first empty line or its lone dot (spec network.md 4.5). In chunks a line may end with LF alone.
 */
export class HopCounter {
  hops = 0
  #inHeader = true
  /** The first bytes of a line whose end has not come yet. */
  #start = ''

  push(chunk: Buffer): void {
    for (let at = 0; this.#inHeader && at < chunk.length; ) {
      const end = chunk.indexOf(LF, at)
      const stop = end < 0 ? chunk.length : end
      if (this.#start.length < LONGEST) this.#start += chunk.toString('latin1', at, Math.min(stop, at + LONGEST - this.#start.length))
      if (end < 0) return
      this.#endLine(this.#start)
      this.#start = ''
      at = end + 1
    }
  }

  #endLine(start: string): void {
    if (start === '\r' || start === '.\r' || start === '') this.#inHeader = false
    else if (/^(received|delivered)/i.test(start)) this.hops++
  }
}
