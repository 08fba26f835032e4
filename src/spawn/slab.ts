/** The size of all slabs. */
export const SLAB_BYTES = 65_536
/** So many wait for their next use; more go back to where memory comes from. */
const MAX_FREE = 32

const free: Buffer[] = []

/** SLAB_BYTES of memory, lent out. */
export interface Slab {
  /** Still with what its last user left there. */
  bytes: Buffer
  /** To be called when nobody reads or writes it any more; again does nothing. One that is never given back is lost to the others, no more. */
  giveBack: () => void
}

/**
 * Lends memory that was used before. A buffer of one's own for each message would come from malloc and go back to it when V8 next collects
 * garbage: by then so many are strewn over malloc's heap that it keeps 20 MB for good.
 */
export const takeSlab = (): Slab => {
  const bytes = free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)
  let isLent = true
  const giveBack = (): void => {
    if (isLent && free.length < MAX_FREE) free.push(bytes)
    isLent = false
  }
  return { bytes, giveBack }
}
