import { DueList } from '../due-list.ts'
import type { Claim } from '../shares.ts'
import type { Destination } from './destination.ts'

/** One destination's messages. */
interface Queue {
  destination: Destination
  /** By when they are due. */
  list: DueList
  /** The same messages, by when a pass has to look at them even while the host has a pause: to warn their senders, or because it is their last. */
  looks: DueList
  /** Where the queue itself stands. */
  place: 'away' | 'ready' | 'blocked'
  /** In which of the blocked ones. */
  key: string
}

interface Known {
  destination: Destination
  birth: number
}

/** What the queues must know of the channel. */
export interface Gate {
  /** The first of these claims that must wait; undefined: none. */
  blocked(claims: readonly Claim[]): Claim | undefined
  isUnused(key: string): boolean
}

/**
 * Messages with files that wait for one destination each: a queue for every destination. Those with something due take turns, the ones to which nothing is under way first;
 * one whose share is taken, or whose host has a pause, stands apart meanwhile, and none of its messages' files is looked at. Times are Unix seconds, as in DueList.
 */
export class DestinationQueues {
  /** Ages, in seconds, at which a message is looked at, whatever its host does; the youngest first. */
  ages: readonly number[] = []
  readonly #known = new Map<number, Known>()
  readonly #queues = new Map<number, Queue>()
  /** Queues by number of their destination, away until something of theirs may be due. */
  readonly #away = new DueList()
  #ready: { fresh: Queue[]; begun: Queue[] } = { fresh: [], begun: [] }
  readonly #blocked = new Map<string, { claim: Claim; queues: Set<Queue> }>()

  /** From now on, and until it is forgotten, this message is known to go nowhere else. */
  learn(id: number, destination: Destination, birth: number): void {
    this.#known.set(id, { destination, birth })
  }

  knows(id: number): boolean {
    return this.#known.has(id)
  }

  forget(id: number): void {
    this.#known.delete(id)
  }

  /** Puts in a message that is known. */
  insert(id: number, due: number): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    const queue = this.#queueOf(known.destination)
    queue.list.insert(id, due)
    queue.looks.insert(id, Math.max(due, this.#nextLook(known.birth)))
    if (queue.place === 'away') this.#sendAway(queue)
  }

  /** When a message that was looked at just now has to be looked at again; after the last of the ages: at each time it is due. */
  #nextLook(birth: number): number {
    const age = Date.now() / 1000 - birth
    const next = this.ages.find((one) => one > age)
    return next === undefined ? Number.NEGATIVE_INFINITY : birth + next
  }

  #queueOf(destination: Destination): Queue {
    const known = this.#queues.get(destination.number)
    if (known !== undefined) return known
    const queue: Queue = { destination, list: new DueList(), looks: new DueList(), place: 'away', key: '' }
    this.#queues.set(destination.number, queue)
    return queue
  }

  /** When a queue that is away may have something to do; undefined: none has. What is ready or blocked waits for slots. */
  get firstDue(): number | undefined {
    return this.#away.firstDue
  }

  /** Takes out a message that may be tried at `now`, if there is one. */
  takeDue(now: number, gate: Gate): number | undefined {
    if (this.#queues.size === 0) return undefined
    for (let number = this.#away.takeDue(now); number !== undefined; number = this.#away.takeDue(now)) {
      const queue = this.#queues.get(number)
      if (queue?.place === 'away') this.#makeReady(queue, gate)
    }
    this.#unblock(gate)
    for (let queue = this.#shift(); queue !== undefined; queue = this.#shift()) {
      const id = this.#takeFrom(queue, now, gate)
      if (id !== undefined) return id
    }
    return undefined
  }

  #shift(): Queue | undefined {
    return this.#ready.fresh.shift() ?? this.#ready.begun.shift()
  }

  #makeReady(queue: Queue, gate: Gate): void {
    queue.place = 'ready'
    const ready = gate.isUnused(queue.destination.key) ? this.#ready.fresh : this.#ready.begun
    ready.push(queue)
  }

  /** One of the queues of each claim that has room again. */
  #unblock(gate: Gate): void {
    for (const { claim, queues } of this.#blocked.values()) {
      if (gate.blocked([claim]) !== undefined) continue
      const [queue] = queues
      if (queue === undefined) continue
      this.#leaveBlocked(queue)
      this.#makeReady(queue, gate)
    }
  }

  #leaveBlocked(queue: Queue): void {
    const entry = this.#blocked.get(queue.key)
    entry?.queues.delete(queue)
    if (entry?.queues.size === 0) this.#blocked.delete(queue.key)
  }

  #takeFrom(queue: Queue, now: number, gate: Gate): number | undefined {
    const { destination, list, looks } = queue
    const from = isDue(looks, now) ? looks : list
    if (!isDue(from, now) || !mayStart(destination, from === looks)) {
      this.#sendAway(queue)
      return undefined
    }
    const claim = gate.blocked(destination.claims(Date.now()))
    if (claim !== undefined) {
      this.#block(queue, claim)
      return undefined
    }
    const id = from.takeDue(now)
    const other = from === looks ? list : looks
    if (id !== undefined) other.remove(id)
    if (isDue(looks, now) || isDue(list, now)) {
      queue.place = 'ready'
      this.#ready.begun.push(queue)
    } else this.#sendAway(queue)
    return id
  }

  #block(queue: Queue, claim: Claim): void {
    queue.place = 'blocked'
    queue.key = claim.key
    const entry = this.#blocked.get(claim.key) ?? { claim, queues: new Set() }
    entry.queues.add(queue)
    this.#blocked.set(claim.key, entry)
  }

  /** Until its first message is due, and its host may be tried. */
  #sendAway(queue: Queue): void {
    const { destination, list, looks } = queue
    queue.place = 'away'
    const [due, look] = [list.firstDue, looks.firstDue]
    const { pauseEnds, nextStart } = destination
    if (due === undefined || look === undefined) this.#queues.delete(destination.number)
    else this.#away.insert(destination.number, Math.max(Math.min(look, Math.max(due, pauseEnds / 1000)), nextStart / 1000))
  }

  /** What a destination may do has changed: it is looked at again. */
  touch(destination: Destination): void {
    const queue = this.#queues.get(destination.number)
    if (queue === undefined || queue.place === 'ready') return
    if (queue.place === 'blocked') this.#leaveBlocked(queue)
    this.#sendAway(queue)
  }

  /** This message is to be tried now: its host's failures are forgotten. */
  hurry(id: number): void {
    const destination = this.#known.get(id)?.destination
    destination?.forgive()
    for (const one of destination?.neighbours ?? []) this.touch(one)
  }

  /** Until when its host is left alone, Unix seconds; undefined: it is not. */
  pauseOf(id: number): number | undefined {
    const ends = (this.#known.get(id)?.destination.pauseEnds ?? 0) / 1000
    return ends > Date.now() / 1000 ? ends : undefined
  }

  /** Makes every message due at `now`, and looks at every destination again. */
  allDue(now: number): void {
    for (const { list } of this.#queues.values()) list.allDue(now)
    this.touchAll()
  }

  /** Every message becomes due so many seconds later; the queues are to be touched then. */
  postpone(seconds: number): void {
    for (const { list, looks } of this.#queues.values()) {
      list.postpone(seconds)
      looks.postpone(seconds)
    }
  }

  touchAll(): void {
    for (const { destination } of [...this.#queues.values()]) this.touch(destination)
  }

  /** All of it. */
  entries(): { id: number; due: number }[] {
    return [...this.#queues.values()].flatMap(({ list }) => list.entries())
  }

  #find(id: number): Queue | undefined {
    const known = this.#known.get(id)
    return known && this.#queues.get(known.destination.number)
  }

  /** When this one is due; undefined: it does not wait here. */
  dueOf(id: number): number | undefined {
    return this.#find(id)?.list.dueOf(id)
  }

  /** It waits here no more. */
  remove(id: number): void {
    const queue = this.#find(id)
    queue?.list.remove(id)
    queue?.looks.remove(id)
  }
}

/** `isLook`: for a message that waits for no pause. */
const mayStart = ({ pauseEnds, nextStart }: Destination, isLook: boolean): boolean => {
  const now = Date.now()
  return nextStart <= now && (isLook || pauseEnds <= now)
}

const isDue = (list: DueList, now: number): boolean => list.firstDue !== undefined && list.firstDue <= now
