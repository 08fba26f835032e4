import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * Copies bytes both ways between the inside of TLS and the plain side, knowing nothing of their meaning. The end of one side's bytes is the end of
 * the other's; trouble on either closes both. Resolves when both are closed; never fails.
 */
export const relay = async (tls: Duplex, plain: Duplex): Promise<void> => {
  const [inwards, outwards] = [pipeline(tls, plain), pipeline(plain, tls)]
  const cut = (): void => {
    tls.destroy()
    plain.destroy()
  }
  inwards.catch(cut)
  outwards.catch(cut)
  await Promise.allSettled([inwards, outwards])
  cut()
}
