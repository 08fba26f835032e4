import { table } from './setting.ts'

/** Our own settings: queue, scheduling, spawners. */
export const queue = table({
  firstgear: {
    type: 'list',
    readers: ['tcpserver', 'qmail-start', 'qmail-send', 'qmail-lspawn', 'qmail-rspawn'],
    reread: 'invocation',
    about: 'programs kept in their first gear: run once a job (doc/internals.md, Two gears)'
  }
})
