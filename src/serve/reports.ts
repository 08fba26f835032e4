import type { Socket } from 'node:net'
import type { FromWorker, News } from '../spawn/handover.ts'

/** Nobody waits for news but the log, as long as this process accepts by itself; for those that are handed connections, tcpserver counts their room. */
const ACCEPTING_MILLISECONDS = 20
const HANDED_MILLISECONDS = 5

/** What a worker tells its parent, in order. News are gathered for a moment: under load, one message tells of many. */
export class Reports {
  readonly #send: (message: FromWorker, socket?: Socket) => void
  #news: News[] = []
  #onTold: () => void = () => {}
  /** Does this process accept by itself? */
  isAccepting = false

  constructor(send: (message: FromWorker, socket?: Socket) => void) {
    this.#send = send
  }

  /** Called whenever all news have been told. */
  set onTold(listener: () => void) {
    this.#onTold = listener
  }

  /** Is there something that has not been told yet? */
  get isPending(): boolean {
    return this.#news.length > 0
  }

  tell(news: News): void {
    if (this.#news.push(news) === 1) setTimeout(() => this.flush(), this.isAccepting ? ACCEPTING_MILLISECONDS : HANDED_MILLISECONDS)
  }

  /** Says something at once, behind the news so far. */
  say(message: FromWorker, socket?: Socket): void {
    this.flush()
    this.#send(message, socket)
  }

  flush(): void {
    if (this.#news.length === 0) return
    const news = this.#news
    this.#news = []
    this.#send({ kind: 'news', news })
    this.#onTold()
  }
}
