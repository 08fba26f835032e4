import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

/** A self-signed P-256 certificate for these DNS names and its key, in one PEM text. */
export const selfSigned = (names: readonly string[], ...more: string[]): string => {
  const san = ['-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`]
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${names[0]}`, '-keyout', '-', ...san, ...more]
  const r = spawnSync('openssl', args, { encoding: 'latin1' })
  assert.equal(r.status, 0, r.stderr)
  return r.stdout
}
