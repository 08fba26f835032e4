import type { QueueResult } from '../../src/queue/codes.ts'
import { Budget } from '../../src/serve/budget.ts'
import type { SessionOptions } from '../../src/smtpd/dialogue.ts'
import { Session } from '../../src/smtpd/session.ts'
import type { Submission } from '../../src/submit/submission.ts'

/** A session without sockets, and all that came of it. */
export interface Rig {
  session: Session
  /** What was written, one entry a flush. */
  said: string[]
  queued: { sender: string; recipients: readonly string[]; notes?: string; text: string }[]
  aborted: number
}

/** The queue took it. */
export const ok: QueueResult = { code: 0, text: '', qp: 42, weFailed: false }

/** Settings without any file. */
export const base = (): SessionOptions['settings'] => ({
  greeting: 'mx',
  localiphost: undefined,
  timeoutSeconds: 9,
  rcpthosts: undefined,
  morercpthosts: undefined,
  lists: { sender: undefined, recipient: undefined, helo: undefined },
  databytes: 0,
  esmtp: undefined,
  maxRecipients: 1000,
  maxErrors: Number.POSITIVE_INFINITY,
  sessionSeconds: 1800,
  maxRefused: Number.POSITIVE_INFINITY,
  greetSeconds: 0,
  isGreetStrict: false,
  tarpitCount: Number.POSITIVE_INFINITY,
  tarpitSeconds: 5,
  isRecipientChecked: false,
  log: 'none',
  hasChecker: false,
  tlsclients: undefined,
  xclient: [],
  maxAuthFailures: 3,
  isUserHidden: false,
  idHost: 'id.example',
  mailfromrules: undefined,
  isFromChecked: false,
  senderTables: () => ({ locals: new Set(), virtualdomains: new Map() }),
  warnings: []
})

/** A session that is told what `over` says. */
export const rig = (over: Partial<SessionOptions> & { result?: QueueResult } = {}): Rig => {
  const made: Rig = { session: undefined as unknown as Session, said: [], queued: [], aborted: 0 }
  const open = (): Submission => {
    const chunks: Buffer[] = []
    return {
      qp: 42,
      write: (chunk) => void chunks.push(Buffer.from(chunk)),
      finish: async (sender, recipients, notes) => {
        made.queued.push({ sender, recipients, ...(notes === undefined ? {} : { notes }), text: Buffer.concat(chunks).toString('latin1') })
        return over.result ?? ok
      },
      abort: async () => void made.aborted++
    }
  }
  made.session = new Session({
    settings: base(),
    peer: { ip: '1.2.3.4', host: 'peer', info: undefined, local: 'mx' },
    relayclient: () => undefined,
    auth: undefined,
    isEncrypted: () => false,
    keepsNotes: true,
    cipher: () => undefined,
    spp: undefined,
    rcptcheck: undefined,
    headers: [],
    isInMore: () => false,
    maxBytes: Number.POSITIVE_INFINITY,
    hasRoom: () => true,
    open,
    recipientExists: undefined,
    tls: undefined,
    isTlsRequired: false,
    certificate: undefined,
    front: { mayBeOther: false, mayForward: false },
    relayBy: () => {},
    log: undefined,
    budget: new Budget(1 << 20),
    write: (text) => void made.said.push(text),
    now: () => 1000,
    ...over
  })
  return made
}
/** Says chunks to it, one after the other. */
export const feed = async (r: Rig, ...chunks: string[]): Promise<void> => {
  for (const chunk of chunks) await r.session.feed(Buffer.from(chunk, 'latin1'))
}
/** The codes of its replies so far. */
export const codes = (r: Rig): string =>
  r.said
    .join('')
    .replace(/^(\d{3}[ -]).*\r\n/gm, '$1')
    .trim()
/** Up to the body. */
export const ENVELOPE = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n'
