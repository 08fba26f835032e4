import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { endWith } from './ending.ts'
import { freePort } from './free-port.ts'
import { isRoot } from './home.ts'
import { until } from './wait.ts'

const PROGRAMS = ['/usr/sbin/nsd', '/usr/sbin/unbound', '/usr/bin/ldns-signzone', '/usr/bin/ldns-keygen']

/** Why there are no zones of our own to be signed and looked at, for `skip`. */
export const noSignedZones = ((): string | false => {
  const missing = PROGRAMS.filter((file) => !existsSync(file))
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`
  return isRoot ? false : 'needs root, for port 53'
})()

/** A zone: its records in the form of a zone file, without SOA and NS. */
export interface ZoneText {
  records: string
  /** Signed, and vouched for by the root; the same, but the signatures have run out; not signed at all. */
  signing: 'signed' | 'expired' | 'none'
  /** Changes the finished zone: what an attacker does. */
  forge?: (signed: string) => string
}

const HEAD = '$TTL 60\n@ SOA ns.nic.example. hostmaster.nic.example. 1 3600 600 86400 60\n@ NS ns.nic.example.\n'

/** Runs one of ldns's tools in a folder; what it prints. */
const ldns = (folder: string, program: string, args: string[]): string => {
  const r = spawnSync(program, args, { cwd: folder, encoding: 'utf8' })
  assert.equal(r.status, 0, `${program} ${args.join(' ')}: ${r.stderr}`)
  return r.stdout.trim()
}

/** Lays a zone, as the file `NAME.zone`; the DS record for the zone above, and the key. */
const layZone = (folder: string, name: string, { records, signing, forge = (text) => text }: ZoneText): { ds: string; key: string } => {
  const file = join(folder, `${name}zone`)
  writeFileSync(file, `$ORIGIN ${name}\n${HEAD}${records}`)
  if (signing === 'none') return { ds: '', key: '' }
  const key = ldns(folder, 'ldns-keygen', ['-k', '-a', 'ECDSAP256SHA256', name])
  const dates = signing === 'expired' ? ['-i', '20200101', '-e', '20200201'] : []
  ldns(folder, 'ldns-signzone', [...dates, '-o', name, '-f', `${name}signed`, file, key])
  writeFileSync(file, forge(readFileSync(join(folder, `${name}signed`), 'utf8')))
  return { ds: readFileSync(join(folder, `${key}.ds`), 'utf8'), key: readFileSync(join(folder, `${key}.key`), 'utf8') }
}

const nsdConf = (folder: string, port: number, names: readonly string[]): string => `
server:
  ip-address: 127.0.0.1@${port}
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
${names.map((name) => `zone:\n  name: "${name}"\n  zonefile: "${name}zone"\n`).join('')}`

const unboundConf = (folder: string, address: string, port: number, names: readonly string[]): string => `
server:
  interface: ${address}
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  num-threads: 1
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "${folder}/anchor"
  trust-anchor-signaling: no
  val-log-level: 2
${names.map((name) => `stub-zone:\n  name: "${name}"\n  stub-addr: 127.0.0.1@${port}\n`).join('')}`

/**
 * Serves zones by nsd, below a signed root of their own, and looks at them by unbound, a resolver that validates and trusts this root alone, until the test file ends. `zones`: by name, with
 * the dot at the end. The resolver has port 53 of an address of its own, as resolv.conf knows no ports; its address. `anchor`: the root's key;
 * `log`: what both have said.
 */
export const serveSigned = async (zones: Readonly<Record<string, ZoneText>>): Promise<{ server: string; anchor: string; log: () => string }> => {
  const folder = mkdtempSync(join(tmpdir(), 'qm-zones-'))
  const below = Object.entries(zones).map(([name, zone]) => `${name} NS ns.nic.example.\n${layZone(folder, name, zone).ds}`)
  const root = layZone(folder, '.', { signing: 'signed', records: `ns.nic.example. A 127.0.0.1\n${below.join('')}` })
  writeFileSync(join(folder, 'anchor'), root.key)
  const [port, server] = [await freePort(), `127.54.${(process.pid >> 8) & 0xff}.${process.pid & 0xff}`]
  const names = ['.', ...Object.keys(zones)]
  writeFileSync(join(folder, 'nsd.conf'), nsdConf(folder, port, names))
  writeFileSync(join(folder, 'unbound.conf'), unboundConf(folder, server, port, names))
  let log = ''
  const start = (program: string, args: string[]): void => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        log += String(data)
      })
    }
    endWith(undefined, child, () => child.kill('SIGTERM'))
  }
  start('/usr/sbin/nsd', ['-d', '-c', join(folder, 'nsd.conf')])
  start('/usr/sbin/unbound', ['-d', '-p', '-c', join(folder, 'unbound.conf')])
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  for (const [name, line] of [
    ['nsd', /nsd started/],
    ['unbound', /start of service/]
  ] as const)
    await until(
      () => `${name}; log:\n${log}`,
      () => line.test(log)
    )
  return { server, anchor: root.key, log: () => log }
}
