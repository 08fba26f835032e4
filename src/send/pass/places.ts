import type { Job } from '../message.ts'

/** Places of those passes over messages' files that get on together, on one channel. Large messages may not have all of them. */
export class Places {
  #taken = 0
  #takenByLarge = 0

  get taken(): number {
    return this.#taken
  }

  get takenByLarge(): number {
    return this.#takenByLarge
  }

  /** A pass begins; it has a place if it is over files. */
  take(job: Job): void {
    if (!job.isFile) return
    job.hasPlace = true
    this.#taken++
    if (job.isLarge) this.#takenByLarge++
  }

  /** The place is the next one's when the pass is over and only the durability of what was delivered is waited for; else nothing happens. */
  giveIfOver(job: Job): void {
    if (!job.hasPlace || !job.isOver || job.written < job.running) return
    job.hasPlace = false
    this.#taken--
    if (job.isLarge) this.#takenByLarge--
  }
}
