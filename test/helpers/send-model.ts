import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { senderFor } from '../../src/send/verp.ts'
import type { Home } from './home.ts'
import type { Asked } from './send-rig.ts'

interface Recipient {
  channel: 'local' | 'remote'
  /** What qmail-send was told of it for good; undefined: nothing yet, or it may have forgotten. */
  final: 'K' | 'D' | undefined
  isRunning: boolean
}

/** A delivery at work: its recipient is the next one to be reported on. */
export interface Running extends Asked {
  /** Recipients before that the host took. */
  reached: number
  /** Has any of its recipients been reported on? */
  isBegun: boolean
}

/** A message as a test knows it. */
export interface Modelled {
  id: number
  /** Stands in its body, and so in its bounces. */
  token: string
  sender: string
  recipients: Map<string, Recipient>
  /** A mark may not have been made: who is done may be delivered again, until the next start shows what is. */
  isDoubtful: boolean
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

/**
 * What is promised of each message (spec queue.md 1.3, 5; docs/internals.md): until a recipient is done for good it stands in a state that the next start
 * finds; a recipient that is done is not delivered again; nobody who could not be reached is left out of a bounce. Looks at files while qmail-send works on
 * them: every check reads in the order in which states are left.
 */
export class SendModel {
  readonly #home: Home
  readonly messages = new Map<number, Modelled>()
  /** Bounces by the token of what bounced. */
  readonly bounces = new Map<string, string>()
  /** Called before bounces are looked at. */
  collect: () => void = () => {}
  /** Does a message stand in the commit log? */
  inLog: (id: number) => boolean = () => false
  /** Deliveries at work, without the recipients that were reported on. */
  readonly running: Running[] = []
  /** The largest limits there have been. */
  readonly limits = { local: 0, remote: 0 }
  /** So many recipients the spawners take in one delivery. */
  readonly together = { local: 1, remote: 1 }

  constructor(home: Home) {
    this.#home = home
  }

  add(id: number, token: string, sender: string, addresses: readonly string[]): void {
    const before = this.messages.get(id)
    if (before !== undefined) this.#hasLeft(before) // its number is used again
    const recipients = addresses.map((address): [string, Recipient] => [
      address,
      { channel: address.endsWith('@me.example') ? 'local' : 'remote', final: undefined, isRunning: false }
    ])
    this.messages.set(id, { id, token, sender, recipients: new Map(recipients), isDoubtful: false })
  }

  /** Recipients nothing final is known of. */
  get open(): number {
    let open = 0
    for (const { recipients } of this.messages.values()) for (const { final } of recipients.values()) if (final === undefined) open++
    return open
  }

  asked(asked: Asked): void {
    const what = JSON.stringify(asked)
    const all = [asked.recipient, ...asked.others]
    assert.ok(all.length <= this.together[asked.channel], `too many in one delivery: ${what}`)
    assert.equal(new Set(all.map((address) => address.slice(address.indexOf('@')))).size, 1, `for more than one host: ${what}`)
    for (const address of all) this.#begin(asked, address, what)
    const others = this.running.filter(({ channel }) => channel === asked.channel)
    assert.ok(!others.some(({ slot }) => slot === asked.slot), `the slot is taken: ${what}`)
    assert.ok(asked.slot < this.limits[asked.channel], `the lowest free slot is taken: ${what}`)
    assert.ok(others.length < this.limits[asked.channel], `no more than ${this.limits[asked.channel]} at a time: ${what}`)
    this.running.push({ ...asked, others: [...asked.others], reached: 0, isBegun: false })
  }

  #begin({ id, channel, sender }: Asked, address: string, what: string): void {
    const message = this.messages.get(id)
    const recipient = message?.recipients.get(address)
    assert.ok(message && recipient, `nobody sent that: ${what}`)
    assert.equal(recipient.channel, channel, what)
    if (message.isDoubtful) recipient.final = undefined
    assert.equal(recipient.final, undefined, `it is done already: ${what}`)
    assert.ok(!recipient.isRunning, `it is under way already: ${what}`)
    assert.equal(sender, senderFor(message.sender, address))
    recipient.isRunning = true
  }

  /** The test is about to report on the next recipient of a delivery. One refused as one too many, beside others the host took, is tried again. */
  reports(running: Running, words: string): void {
    const recipient = this.messages.get(running.id)?.recipients.get(running.recipient)
    assert.ok(recipient)
    recipient.isRunning = false
    running.isBegun = true
    const letter = words.charAt(0)
    const isTooMany = running.reached > 0 && words.includes(' 5.5.3 ')
    if (letter === 'K' || (letter === 'D' && !isTooMany)) recipient.final = letter
    if (letter === 'K') running.reached++
    const next = running.others.shift()
    if (next === undefined) this.running.splice(this.running.indexOf(running), 1)
    else running.recipient = next
  }

  /** The test is about to say that this delivery needs its message as a file: nothing was done. */
  returns(running: Running): void {
    for (const address of [running.recipient, ...running.others]) {
      const recipient = this.messages.get(running.id)?.recipients.get(address)
      assert.ok(recipient)
      recipient.isRunning = false
    }
    this.running.splice(this.running.indexOf(running), 1)
  }

  /** The queue refuses to be written to. */
  doubted(): void {
    for (const message of this.messages.values()) message.isDoubtful = true
  }

  /** qmail-send has been killed, or has ended after the queue refused: what it had not written down it does not know. */
  crashed(): void {
    this.running.length = 0
    for (const message of this.messages.values()) {
      const { id, recipients } = message
      message.isDoubtful = false
      const inTodo = existsSync(this.#home.at('queue/todo', String(id)))
      const left = (['local', 'remote'] as const).map((channel) => this.#undone(channel, id) ?? [])
      for (const [address, recipient] of recipients) {
        recipient.isRunning = false
        if (inTodo || left.some((undone) => undone.includes(address))) recipient.final = undefined
      }
    }
  }

  #path(folder: string, id: number): string {
    return this.#home.at(`queue/${folder}/${id % 23}/${id}`)
  }

  #undone(channel: 'local' | 'remote', id: number): string[] | undefined {
    return read(this.#path(channel, id))
      ?.split('\0')
      .filter((record) => record.startsWith('T'))
      .map((record) => record.slice(1))
  }

  /** Checks one message, which may have left. */
  check(message: Modelled): void {
    const { id, recipients } = message
    if (this.inLog(id)) return
    const isThere = existsSync(this.#path('mess', id))
    const inTodo = existsSync(this.#home.at('queue/todo', String(id)))
    const open = [...recipients].filter(([, { final }]) => final === undefined)
    if (inTodo) {
      assert.ok(isThere, `todo/${id} without its message`)
      return
    }
    if (open.length === 0) {
      if (!isThere) this.#hasLeft(message)
      return
    }
    assert.ok(isThere, `mess/${id} is lost: ${JSON.stringify(open)}`)
    assert.equal(read(this.#path('info', id))?.split('\0')[0], `F${message.sender}`, `info/${id} is lost: ${JSON.stringify(open)}`)
    const undone = { local: this.#undone('local', id) ?? [], remote: this.#undone('remote', id) ?? [] }
    for (const [address, { channel }] of open) assert.ok(undone[channel].includes(address), `${address} of ${id} is lost`)
  }

  checkAll(): void {
    for (const message of [...this.messages.values()]) this.check(message)
  }

  #hasLeft({ id, token, sender, recipients }: Modelled): void {
    this.collect()
    for (const [address, { final }] of recipients) {
      assert.ok(final, `${id} has left without ${address}`)
      if (final === 'D' && sender !== '#@[]') assert.ok(this.bounces.get(token)?.includes(`<${address}>:\n`), `nobody was told that ${address} of ${id} failed`)
    }
    this.messages.delete(id)
  }
}
