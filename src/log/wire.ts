import { type Bytes, toBuffer } from '../core/bytes.ts'
import { NetstringParser, netstring } from '../core/netstring.ts'
import type { Place } from './place.ts'

/**
 * Between qmail-queued and the suite's own qmail-send, through the socket run/send/log: netstrings, in both directions. Both come from
 * one installation, and are started together, so there is no version.
 */

/** From qmail-queued. */
export type ToSend =
  /** All that an earlier run left in the log is in the queue now. */
  | { kind: 'ready' }
  /** A message is in the log, durable, and qmail-send's to deliver. `envelope` as in todo/; `bytes`: of the message as in mess/. */
  | { kind: 'new'; number: number; place: Place; bytes: number; envelope: Bytes }
  /** It is in mess/ and todo/ now, durable, and in the log no more. */
  | { kind: 'spilled'; number: number }
  /** It could not be: it stays in the log. */
  | { kind: 'unspilled'; number: number }
  /** Its number is lost; it is in the queue under another one, to be found in todo/. */
  | { kind: 'moved'; number: number }
  /** qmail-queued is about to leave: have everything spilled. */
  | { kind: 'closing' }

/** From qmail-send. */
export type ToQueued =
  /** Delivered to all recipients. */
  | { kind: 'done'; number: number }
  /** It is to become files. */
  | { kind: 'spill'; number: number }

/** Far above any frame: envelopes in the log are small. */
const MAX_FRAME_BYTES = 1 << 20

const letters = { spilled: 's', unspilled: 'u', moved: 'm', ready: 'r', closing: 'c', done: 'd', spill: 'f' } as const
const kinds = new Map(Object.entries(letters).map(([kind, letter]) => [letter as string, kind]))

/** A frame as it stands on the wire. */
export const packFrame = (frame: ToSend | ToQueued): Buffer => {
  if (frame.kind === 'closing' || frame.kind === 'ready') return netstring(letters[frame.kind])
  if (frame.kind !== 'new') return netstring(`${letters[frame.kind]}${frame.number}`)
  const { number, place, bytes, envelope } = frame
  return netstring(toBuffer(`n${number} ${place.segment} ${place.at} ${place.bytes} ${bytes}\0${envelope}`))
}

const parseNew = (text: Bytes): ToSend => {
  const end = text.indexOf('\0')
  const [number = 0, segment = 0, at = 0, bytes = 0, messageBytes = 0] = text.slice(1, end).split(' ').map(Number)
  return { kind: 'new', number, place: { segment, at, bytes }, bytes: messageBytes, envelope: text.slice(end + 1) }
}

const parseFrame = (text: Bytes): ToSend | ToQueued => {
  if (text.startsWith('n')) return parseNew(text)
  const kind = kinds.get(text.charAt(0)) ?? 'unknown'
  return { kind, number: Number(text.slice(1)) } as ToSend | ToQueued
}

/** Cuts frames out of a stream. Throws Permanent when it is none. */
export class FrameParser<F extends ToSend | ToQueued> {
  readonly #parser = new NetstringParser(MAX_FRAME_BYTES)

  push(chunk: Buffer): F[] {
    this.#parser.push(chunk)
    const frames: F[] = []
    for (let body = this.#parser.next(); body !== undefined; body = this.#parser.next()) frames.push(parseFrame(body.toString('latin1')) as F)
    return frames
  }
}
