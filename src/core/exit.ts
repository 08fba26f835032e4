/** Exit codes shared by all programs (spec local-delivery.md, "Exit code convention"). qmail-queue has its own, in src/queue/codes.ts. */
export const Exit = { ok: 0, skipRest: 99, permanent: 100, temporary: 111 } as const
