/** Does this at most once per turn of the event loop, however often it is asked for. What throws counts as not done. */
export const onceATurn = (look: () => void): (() => void) => {
  let isDone = false
  return () => {
    if (isDone) return
    look()
    isDone = true
    setImmediate(() => {
      isDone = false
    })
  }
}
