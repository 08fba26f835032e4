const CR = 0x0d
const LF = 0x0a
const CR_BYTE = Buffer.of(CR)

/** What changes a stream of bytes, chunk by chunk; `end` gives what was held back. */
export interface Filter {
  push: (chunk: Buffer) => Buffer
  end: () => Buffer
}

const NOTHING = Buffer.alloc(0)

/** Puts a CR before each LF that `isDue` finds one missing at; it is told the bytes and the place. */
const withCrs = (chunk: Buffer, isDue: (at: number) => boolean): Buffer => {
  const parts: Buffer[] = []
  let from = 0
  for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
    if (!isDue(at)) continue
    parts.push(chunk.subarray(from, at), CR_BYTE)
    from = at
  }
  return parts.length === 0 ? chunk : Buffer.concat([...parts, chunk.subarray(from)])
}

/** fixcrio: a CR before each LF that has none (spec network.md 2.6). */
export const fixCr = (): Filter => {
  let last = 0
  return {
    push: (chunk) => {
      const before = last
      last = chunk.at(-1) ?? last
      return withCrs(chunk, (at) => (at === 0 ? before : chunk[at - 1]) !== CR)
    },
    end: () => NOTHING
  }
}

/** addcr: a CR before each LF, whatever stands there (spec network.md 2.4). */
export const addCr = (): Filter => ({ push: (chunk) => withCrs(chunk, () => true), end: () => NOTHING })

/** delcr: one CR off before each LF; other CRs, and one at the end, stay (spec network.md 2.4). */
export const delCr = (): Filter => {
  let held = NOTHING
  return {
    push: (chunk) => {
      const all = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      held = all.at(-1) === CR ? CR_BYTE : NOTHING
      const end = all.length - held.length
      const parts: Buffer[] = []
      let from = 0
      for (let at = all.indexOf('\r\n'); at >= 0; at = all.indexOf('\r\n', at + 2)) {
        parts.push(all.subarray(from, at))
        from = at + 1
      }
      return Buffer.concat([...parts, all.subarray(from, end)])
    },
    end: () => held
  }
}
