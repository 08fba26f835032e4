/** Something in the queue that is not as it should be. */
export interface Problem {
  /** Relative to the home. */
  path: string
  what: string
  /** Mends it; throws system errors. Absent: it is left to the administrator. */
  mend?: () => void
}
