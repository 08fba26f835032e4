import { rows } from './row.ts'

/** Programs: TLS. */
export const tls = rows({
  'qmail-tlsd': {
    ring: 'N',
    about: 'holds the keys of TLS, and speaks nothing else',
    runsAs: 'qmailt:nofiles',
    fds: '2> log (resident: 3<> connections)',
    exits: { 0: 'told to retire, or the parent is gone', 100: 'not started by tcpserver' },
    permissions: ['read:control'],
    secondGear: { about: 'resident under tcpserver', permissions: ['read:control'] },
    budget: 80
  }
})
