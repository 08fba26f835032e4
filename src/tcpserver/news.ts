import type { News } from '../spawn/handover.ts'
import type { TcpServer } from './tcpserver.ts'
import type { Worker } from './worker.ts'

/** Writes down what a worker tells of one of its connections. */
export const note = ({ register, admission }: TcpServer, worker: Worker, news: News): void => {
  const [what, id] = news
  switch (what) {
    case 'came':
      worker.add(id)
      register.came(id)
      break
    case 'ok':
      admission.arrive(id, news[2])
      register.admitted(id, news[2], news[3])
      break
    case 'deny':
      register.denied(id, news[2], news[3], news[4] ?? undefined)
      break
    case 'block':
      register.blocked(id, news[2], news[3], { code: news[4], text: news[5] })
      break
    case 'drop':
      register.dropped(id, news[2], news[3])
      break
    case 'end':
      worker.active.delete(id)
      register.ended(id, news[2])
  }
}
