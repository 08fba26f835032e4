import type { Bytes } from '../../core/bytes.ts'
import { diagnose } from '../../format/enhanced-status.ts'
import { readInfo } from '../../queue/info.ts'
import { type NotesText, wants } from '../../queue/notes.ts'
import { splitPath } from '../../queue/paths.ts'
import { withoutPrepend } from '../../queue/rewrite.ts'
import { exists } from '../files.ts'
import type { Delivery, Job } from '../message.ts'
import { AGAIN_SECONDS, nowSeconds, type State } from '../state.ts'
import { handingOver, handOver } from './hand-over.ts'
import type { Reached, SuccessNotice } from './notices.ts'
import { type Bounce, bounceFor } from './text.ts'
import { type NoticeContents, writeNotice } from './write-notice.ts'

const MAX_TEXT_BYTES = 1000

/**
 * What became of a recipient (spec modern.md 5.7). qmail-local tells how many files, forwards and programs it served; what it forwards, and what goes to a host that
 * does not take what the sender asked for, nobody will report on.
 */
const actionOf = ({ job: { channel } }: Delivery, text: Bytes, isListed: boolean): Reached['action'] => {
  if (channel === 'remote') return 'relayed'
  if (isListed) return 'delivered'
  const [, files, forwards, programs] = /did (\d+)\+(\d+)\+(\d+)\n/.exec(text) ?? []
  if (!Number(forwards) || Number(files) + Number(programs) > 0) return 'delivered'
  return Number(forwards) === 1 ? 'relayed' : 'expanded'
}

/** A recipient was reached: its sender is told after this pass, if it asked for that. `isListed`: a mailing list took it. */
export const noteSuccess = (delivery: Delivery, text: Bytes, isListed = false): void => {
  const { job, at, recipient: address } = delivery
  const note = job.notes?.get(at)
  if (note === undefined || !wants(note, 'S')) return
  job.reached ??= []
  job.reached.push({ address, orcpt: note.orcpt, action: actionOf(delivery, text, isListed), text: text.slice(0, MAX_TEXT_BYTES), atMs: Date.now() })
}

/** A pass is over that reached recipients whose sender wants to hear of it. */
export const considerSuccess = (state: State, { id, birth, sender, reached }: Job): void => {
  if (reached !== undefined && bounceFor(sender, state.settings).kind === 'single') state.successes.push({ id, birth, sender, reached, due: nowSeconds() })
}

const WORDS: Record<Reached['action'], string> = {
  delivered: 'It was delivered.',
  relayed: 'It was passed on to where nobody may tell you of its delivery.',
  expanded: 'It was passed on to several addresses.'
}

const contentsOf = (state: State, { id, birth, reached }: SuccessNotice, bounce: Bounce): NoticeContents => {
  const { settings } = state
  const recipients = reached.map(({ address, orcpt, action, text, atMs }) => {
    const { said, ...diagnosis } = diagnose(text, '2')
    const recipient = withoutPrepend(address, settings.routing.virtualdomains)
    const report = { recipient, orcpt, action, ...diagnosis, said: said?.startsWith('smtp;') ? said : undefined, lastMs: atMs }
    return { words: `${WORDS[action]}\n`, report }
  })
  const introduction = `This is the qmail-send program at ${settings.bouncehost}. You asked to be told
what became of your message to the addresses listed here.

`
  return { id, birth, bounce, notes: readInfo(id).notes, subject: 'delivery notice', introduction, recipients }
}

const tell = async (state: State, notice: SuccessNotice): Promise<void> => {
  const bounce = bounceFor(notice.sender, state.settings)
  if (bounce.kind !== 'single' || !exists(splitPath('info', notice.id))) return
  const { sender, recipient } = bounce
  const write: Parameters<typeof handOver>[1]['write'] = async (to) => writeNotice(to, contentsOf(state, notice, bounce), state.settings)
  const about = (): NotesText => readInfo(notice.id).notes
  if (await handOver(state, { sender, recipient, write, about }, (qp) => `notice msg ${notice.id} qp ${qp}: success`)) return
  if (state.isExiting) state.log.line(`warning: nobody was told of the delivery of msg ${notice.id}`)
  else state.successes.push({ ...notice, due: nowSeconds() + AGAIN_SECONDS })
}

/** When the first report of success is due; undefined: there is none. */
export const successDue = ({ successes }: State): number | undefined => (successes.length === 0 ? undefined : Math.min(...successes.map(({ due }) => due)))

/** Sends one report of success that is due. False when there is none, or something is still being handed over. */
export const successStep = (state: State): boolean => {
  if (state.isBouncing || state.successes.length === 0) return false
  const at = state.successes.findIndex(({ due }) => state.isExiting || due <= nowSeconds())
  const [notice] = at < 0 ? [] : state.successes.splice(at, 1)
  if (notice === undefined) return false
  handingOver(state, () => tell(state, notice))
  return true
}
