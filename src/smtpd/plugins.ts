import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import { quoteAddress } from '../format/quote.ts'
import { isAllowedRecipient } from '../serve/recipients.ts'
import type { Spp, SppOutcome, SppSection } from '../serve/spp.ts'
import { pathIn } from './address.ts'
import type { Dialogue, Verb } from './dialogue.ts'

const SECTIONS: Readonly<Record<Bytes, SppSection>> = { helo: 'helo', ehlo: 'helo', mail: 'mail', rcpt: 'rcpt', data: 'data' }

/** Is it the turn of this command at all? One that fails anyway is not shown to plug-ins. */
const isInOrder = ({ state, options }: Dialogue, section: SppSection, argument: Bytes): boolean => {
  if (section === 'data') return state.recipients.length > 0
  if (section === 'rcpt' && state.sender === undefined) return false
  return section === 'helo' || pathIn(argument, options.settings.localiphost) !== undefined
}

/** The variables of a session that plug-ins see (spec network.md 10.5). */
const factsOf = ({ state, options }: Dialogue, section: SppSection, argument: Bytes): Env => {
  const path = section === 'mail' || section === 'rcpt' ? (pathIn(argument, options.settings.localiphost) ?? '') : ''
  const facts: Env = {
    SMTPHELOHOST: section === 'helo' ? argument : (state.helo ?? ''),
    SMTPMAILFROM: section === 'mail' ? path : (state.sender ?? ''),
    SMTPRCPTCOUNT: String(state.recipients.length),
    SMTPRCPTCOUNTALL: String(state.asked)
  }
  if (section !== 'rcpt') return facts
  const isOurs = options.relayclient() !== undefined || isAllowedRecipient(path, options.settings.rcpthosts, options.isInMore)
  return { ...facts, SMTPRCPTTO: path, SMTPRCPTHOSTSOK: isOurs ? '1' : '0' }
}

const obey = (dialogue: Dialogue, outcome: SppOutcome, argument: Bytes, verb: Verb): Promise<void> | undefined => {
  if (outcome.kind === 'fail') return dialogue.say(outcome.reply)
  if (outcome.kind === 'drop') return dialogue.fail(outcome.reply)
  dialogue.state.isExempt = outcome.isExempt
  return verb(dialogue, outcome.address === undefined ? argument : `TO:<${quoteAddress(outcome.address)}>`)
}

/** A verb that asks qmail-spp's plug-ins first. */
export const withPlugins = (spp: Spp, name: Bytes, verb: Verb): Verb => {
  const section = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined
  if (section === undefined) return verb
  return async (dialogue, argument) => {
    let facts: Env
    try {
      if (!isInOrder(dialogue, section, argument)) return verb(dialogue, argument)
      facts = factsOf(dialogue, section, argument)
    } catch {
      return dialogue.fail('421 unable to read controls (#4.3.0)')
    }
    const outcome = await spp.ask(section, facts)
    if (dialogue.exit === undefined) await obey(dialogue, outcome, argument, verb)
    dialogue.state.isExempt = false
  }
}
