/** Exit codes between qmail-lspawn's child and its parent, qmail-getpw's among them (spec queue.md 7.2). */
export const LspawnExit = {
  bug: 112,
  root: 113,
  nfs: 115,
  noAlias: 116,
  cdb: 117,
  system: 118,
  memory: 119,
  cannotRun: 120,
  cannotRunGetpw: 121,
  cannotRunForGood: 126
} as const
