import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A name with a colon says what it is (`IP:127.0.0.1`), others are DNS's. */
const alternatives = (names: readonly string[]): string => names.map((name) => (name.includes(':') ? name : `DNS:${name}`)).join(',')

/** A self-signed P-256 certificate for these names and its key, in one PEM text. */
export const selfSigned = (names: readonly string[], ...more: string[]): string => {
  const san = ['-addext', `subjectAltName=${alternatives(names)}`]
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${names[0]}`, '-keyout', '-', ...san, ...more]
  const r = spawnSync('openssl', args, { encoding: 'latin1' })
  assert.equal(r.status, 0, r.stderr)
  return r.stdout
}

/** A P-256 certificate for these DNS names (an authority's where there are none) signed by another one, and its key, in one PEM text. `days`: how long it holds, from today; -1: it has expired. */
export const issued = (names: readonly string[], issuer: string, days = 30): string => {
  const folder = mkdtempSync(join(tmpdir(), 'issued-'))
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => {
    const r = spawnSync('openssl', args, { encoding: 'latin1' })
    assert.equal(r.status, 0, r.stderr)
  }
  try {
    writeFileSync(at('issuer'), issuer)
    writeFileSync(
      at('extensions'),
      names.length === 0 ? 'basicConstraints=critical,CA:TRUE\n' : `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`
    )
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key')]
    openssl('req', ...key, '-subj', `/CN=${names[0] ?? 'an authority'}`, '-out', at('request'))
    const by = ['-CA', at('issuer'), '-CAkey', at('issuer'), '-set_serial', '7', '-days', String(days)]
    openssl('x509', '-req', '-in', at('request'), ...by, '-extfile', at('extensions'), '-out', at('certificate'))
    return readFileSync(at('certificate'), 'latin1') + readFileSync(at('key'), 'latin1')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
