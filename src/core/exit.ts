/** Exit codes shared by all programs (spec local-delivery.md, "Exit code convention"). qmail-queue has its own, in src/queue/codes.ts. */
export const Exit = { ok: 0, skipRest: 99, permanent: 100, temporary: 111 } as const

/** Codes of a delivery program that say trying again cannot help: 100, some of sysexits.h, and 112 (spec local-delivery.md 3.8, 7, 8.2). */
const permanentCodes: readonly number[] = [Exit.permanent, 64, 65, 70, 76, 77, 78, 112]

/** What the exit code of a delivery program comes to: ok, permanent or temporary; null, it was killed, is temporary. */
export const exitOfProgram = (code: number | null): (typeof Exit)['ok' | 'permanent' | 'temporary'] => {
  if (code === Exit.ok || code === Exit.skipRest) return Exit.ok
  return code !== null && permanentCodes.includes(code) ? Exit.permanent : Exit.temporary
}
