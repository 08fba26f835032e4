const CR = 0x0d
const LF = 0x0a
/** A first line longer than this is not looked at to its end. */
const MAX_FIRST_LINE_BYTES = 65_536

/** The chunk without the CR of each CR LF; a CR at the very end is held back, to see what follows. As text, for that takes no time a byte without a compiler either. */
const stripped = (chunk: Buffer): { bytes: Buffer; heldCr: boolean } => {
  const heldCr = chunk[chunk.length - 1] === CR
  const text = chunk.toString('latin1', 0, chunk.length - (heldCr ? 1 : 0))
  return { bytes: Buffer.from(text.replaceAll('\r\n', '\n'), 'latin1'), heldCr }
}

function* withoutCr(first: Buffer, source: Iterator<Buffer>): Generator<Buffer> {
  let chunk = first
  for (;;) {
    const { bytes, heldCr } = stripped(chunk)
    if (bytes.length > 0) yield bytes
    const next = source.next()
    if (next.done === true) {
      if (heldCr) yield Buffer.of(CR)
      return
    }
    chunk = heldCr ? Buffer.concat([Buffer.of(CR), next.value]) : next.value
  }
}

/** A message of a caller that may end its lines with CR LF: if the first one does, all of them lose their CR (spec injection-admin.md 13.4). */
export function* unixLines(source: Iterator<Buffer>): Generator<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (!head.includes(LF) && head.length < MAX_FIRST_LINE_BYTES) {
    const next = source.next()
    if (next.done === true) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  const end = head.indexOf(LF)
  if (end > 0 && head[end - 1] === CR) {
    yield* withoutCr(head, source)
    return
  }
  if (head.length > 0) yield head
  for (let next = source.next(); next.done !== true; next = source.next()) yield next.value
}
