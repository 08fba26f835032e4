/** Waits, without turning the event loop: for programs that do one thing and have nothing else to do meanwhile. */
export const pause = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
