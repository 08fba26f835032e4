import { networkInterfaces } from 'node:os'

/** The addresses that are ours: those of interfaces that are up, and 0.0.0.0 and :: (spec network.md 4.3, item 4). */
export const ownAddresses = (): Set<string> =>
  new Set([
    '0.0.0.0',
    '::',
    ...Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address }) => address)
  ])
