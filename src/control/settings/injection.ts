import { table } from './setting.ts'

/** Our own settings: injection. */
export const injection = table({
  rewriting: {
    type: 'list',
    readers: ['qmail-inject'],
    reread: 'invocation',
    about:
      'instructions =post:new, *post:new, ?post:new, -post:new that complete and change the hosts of addresses, in place of defaulthost, defaultdomain and plusdomain'
  }
})
