import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { builtinModules, stripTypeScriptTypes } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nodeFlags } from '../../src/suite/permissions.ts'

/**
 * What Node's permission model, with the flags our programs get, denies: each builtin module tried, from module.builtinModules of the Node that runs
 * this (the pinned one), so that a module a new Node brings fails here until somebody has looked at what it can reach.
 */

/** How a program may use a module to reach the system; each must be denied. `OUT` is a folder it may not write, `PORT` one that answers. */
const ATTEMPTS: Record<string, string[]> = {
  child_process: ["m.spawnSync('/bin/true').error && raise(m.spawnSync('/bin/true').error)", "m.execFileSync('/bin/true')", "m.fork('/dev/null')"],
  cluster: ['m.fork()'],
  dgram: [
    "await heard(m.createSocket('udp4').bind(0), 'listening')",
    "await new Promise((y, n) => m.createSocket('udp4').on('error', n).send('x', PORT, '127.0.0.1', (e) => (e ? n(e) : y())))"
  ],
  dns: [
    "await new Promise((y, n) => m.lookup('localhost', (e) => (e ? n(e) : y())))",
    "await new Promise((y, n) => m.resolve('localhost', (e) => (e ? n(e) : y())))"
  ],
  'dns/promises': ["await m.lookup('localhost')", "await m.resolve('localhost')"],
  fs: [
    "m.writeFileSync(OUT + '/fs', 'x')",
    "m.readFileSync('/etc/hostname')",
    "m.readdirSync('/etc')",
    "m.statSync('/etc/hostname')",
    "m.mkdirSync(OUT + '/folder')",
    "m.symlinkSync('/etc', OUT + '/link')",
    "m.linkSync(process.argv[1], OUT + '/hard')",
    "m.renameSync(process.argv[1], OUT + '/moved')",
    'm.unlinkSync(process.argv[1])',
    'm.chmodSync(process.argv[1], 0o777)',
    'm.chownSync(process.argv[1], 1, 1)',
    'm.utimesSync(process.argv[1], 1, 1)',
    'm.truncateSync(process.argv[1])',
    "m.openSync('/etc/hostname', 'r')",
    "m.watch('/etc').close()",
    "m.watchFile('/etc/hostname', () => {})",
    "m.cpSync(process.argv[1], OUT + '/copy')",
    "await heard(m.createWriteStream(OUT + '/stream'), 'open')",
    "await m.openAsBlob('/etc/hostname')"
  ],
  'fs/promises': ["await m.writeFile(OUT + '/fsp', 'x')", "await m.readFile('/etc/hostname')", "await m.open('/etc/hostname')"],
  http: ["await heard(m.get('http://127.0.0.1:' + PORT), 'response')", "await heard(m.createServer().listen(0), 'listening')"],
  http2: ["await heard(m.connect('http://127.0.0.1:' + PORT), 'connect')", "await heard(m.createServer().listen(0), 'listening')"],
  https: ["await heard(m.get('https://127.0.0.1:' + PORT), 'response')"],
  inspector: ['m.open(0)', 'new m.Session().connect()'],
  'inspector/promises': ['m.open(0)', 'new m.Session().connect()'],
  module: ["m.createRequire('/etc/')('/etc/hostname')", "m.register('data:text/javascript,', 'file:///')", "wrote(m.enableCompileCache(OUT + '/cache'))"],
  net: [
    "await heard(m.connect(PORT, '127.0.0.1'), 'connect')",
    "await heard(m.connect(OUT + '/socket'), 'connect')",
    "await heard(m.createServer().listen(0), 'listening')",
    "await heard(m.createServer().listen(OUT + '/listen'), 'listening')"
  ],
  process: [
    "m.report.writeReport(OUT + '/report')",
    "m.loadEnvFile('/etc/hostname')",
    "m.chdir('/etc')",
    "m.dlopen({ exports: {} }, '/nonexistent.node')",
    "m.execve('/bin/true', ['true'], {})",
    "m.binding('fs')"
  ],
  'node:ffi': ['m.dlopen(null, {})', "new m.DynamicLibrary('libc.so.6')", 'm.toBuffer(4096n, 8)'],
  'node:sqlite': ["new m.DatabaseSync(OUT + '/db').exec('create table t (c)')"],
  tls: ["await heard(m.connect(PORT, '127.0.0.1'), 'secureConnect')", "await heard(m.createServer().listen(0), 'listening')"],
  trace_events: ["m.createTracing({ categories: ['node'] }).enable()"],
  v8: ["m.writeHeapSnapshot(OUT + '/heap')", 'm.setHeapSnapshotNearHeapLimit(1)'],
  wasi: ["new m.WASI({ version: 'preview1', preopens: { '/': '/' } })"],
  worker_threads: ["new m.Worker('1', { eval: true })"]
}

/** Modules that reach nothing beyond the process, or only through another module that is tried here. */
const HARMLESS = new Set(
  `_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _tls_common _tls_wrap assert assert/strict async_hooks buffer console constants crypto
  diagnostics_channel domain events os path path/posix path/win32 perf_hooks punycode querystring readline readline/promises repl stream stream/consumers stream/promises
  stream/web string_decoder sys timers timers/promises tty url util util/types vm zlib node:sea node:test node:test/reporters`.split(/\s+/)
)

const giveUp = readFileSync(join(import.meta.dirname, '../../src/serve/network.ts'), 'utf8')

const DENIED = new Set(['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED', 'ERR_UNKNOWN_BUILTIN_MODULE'])

const out = mkdtempSync(join(tmpdir(), 'builtins-'))
const script = join(tmpdir(), `builtins-${process.pid}.cjs`)
after(() => {
  rmSync(out, { recursive: true })
  rmSync(script)
})

const probeOf = (attempts: string[], port: number): string => `
const [OUT, PORT] = [${JSON.stringify(out)}, ${port}]
const raise = (e) => { throw e }
const heard = (emitter, event) => new Promise((y, n) => { emitter.on?.('error', n); emitter.on?.(event, y) })
const wrote = () => raise(Object.assign(new Error('the folder shows'), { code: 'LOOK' }))
const name = process.argv[2]
process.on('uncaughtException', () => {})
const attempts = [${attempts.map((attempt) => `async () => { const m = require(name); ${attempt} }`).join(',\n')}]
const late = () => new Promise((y) => setTimeout(y, 5000, 'no answer'))
const verdict = (attempt) => Promise.race([late(), attempt().then(() => 'allowed', (e) => e.cause?.code ?? e.code ?? e.message)])
Promise.all(attempts.map(verdict)).then((all) => { console.log(JSON.stringify(all)); process.exit() })
`

test('every builtin module of this Node is known here', () => {
  const unknown = builtinModules.filter((name) => ATTEMPTS[name] === undefined && !HARMLESS.has(name))
  assert.deepEqual(unknown, [], 'look at what they can reach, and write it down here')
})

/** What a program is started with, and does first: nothing; or it may use the network, and gives that up as workers of tcpserver do. */
const LIVES = {
  'from the start': { permissions: [], first: '' },
  'after the network was given up': { permissions: ['net'] as const, first: `${stripTypeScriptTypes(giveUp).replace('export ', '')}\ngiveUpNetwork()` }
}

for (const [when, { permissions, first }] of Object.entries(LIVES)) {
  for (const [name, attempts] of Object.entries(ATTEMPTS)) {
    test(`denied ${when}: ${name}`, async () => {
      const server = createServer((socket) => socket.destroy())
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      writeFileSync(script, `${first}\n${probeOf(attempts, port)}`)
      const flags = nodeFlags('/nonexistent', script, permissions)
      const r = spawnSync(process.execPath, [...flags, script, name], { encoding: 'utf8', env: {}, cwd: '/', timeout: 120_000 })
      server.close()
      const verdicts = JSON.parse(r.stdout || '[]') as string[]
      assert.equal(verdicts.length, attempts.length, r.stderr)
      for (const [n, verdict] of verdicts.entries()) assert.ok(DENIED.has(verdict) || verdict === 'LOOK', `${attempts[n]}: ${verdict}`)
      assert.deepEqual(readdirSync(out), [])
    })
  }
}
