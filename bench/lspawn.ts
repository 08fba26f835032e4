/**
 * What a local delivery costs: feeds qmail-lspawn commands for four users with Maildirs, 4 kB messages, and prints processor time per delivery of
 * lspawn and of every program it keeps. `lspawn.ts HOME [DELIVERIES] [IN-FLIGHT]`, as root; HOME is a private installation, its users/cdb is replaced.
 * With the argument `getpw` at the end there is no users/cdb: put the users below into /etc/passwd (of a mount namespace).
 */
import { spawn } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cdbBytes } from '../src/format/cdb.ts'
import { suiteUser } from '../src/os/ids.ts'
import { commandBytes, ReportParser } from '../src/queue/spawnproto.ts'

const [home = '', count = '5000', inFlight = '40', source = 'cdb'] = process.argv.slice(2)
const FIRST_UID = 64_301
const TICK_MILLISECONDS = 10
const homes = join(home, 'bench')
const users = [0, 1, 2, 3].map((n) => ({ name: `bench${n}`, uid: FIRST_UID + n, home: join(homes, `bench${n}`) }))

const lay = (): void => {
  for (const { uid, home: own } of users) {
    for (const folder of ['', 'Maildir', 'Maildir/tmp', 'Maildir/new', 'Maildir/cur']) {
      mkdirSync(join(own, folder), { recursive: true })
      chownSync(join(own, folder), uid, uid)
    }
  }
  const message = join(home, 'queue/mess/0/23')
  writeFileSync(message, `Subject: x\n\n${'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n'.repeat(64)}`)
  chownSync(message, suiteUser(home, 'qmailq').uid, 0)
  rmSync(join(home, 'users/cdb'), { force: true })
  const records = users.map((u) => [`!${u.name}\0`, `${u.name}\0${u.uid}\0${u.uid}\0${u.home}\0\0`] as const)
  if (source === 'cdb') writeFileSync(join(home, 'users/cdb'), cdbBytes([...records, ['', '']]))
}

interface Process {
  name: string
  parent: number
  /** Milliseconds of processor time, within the program and within the kernel. */
  user: number
  system: number
}

const processes = (): Map<number, Process> => {
  const found = new Map<number, Process>()
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
      found.set(Number(pid), { name, parent: Number(fields[1]), user: Number(fields[11]) * TICK_MILLISECONDS, system: Number(fields[12]) * TICK_MILLISECONDS })
    } catch {
      // it has ended meanwhile
    }
  }
  return found
}

const costs = (lspawn: number): Record<string, number> => {
  const sums: Record<string, number> = {}
  for (const [pid, { name, parent, user, system }] of processes())
    if (pid === lspawn || parent === lspawn)
      for (const [part, ms] of [
        [`${name} user`, user],
        [`${name} system`, system]
      ] as const)
        sums[part] = (sums[part] ?? 0) + ms
  return sums
}

lay()
const lspawn = spawn(join(home, 'bin/qmail-lspawn'), ['./Maildir/'], { stdio: ['pipe', 'pipe', 'inherit'] })
const total = Number(count)
const WARM_UP = 400
let sent = 0
let answered = 0
const letters: Record<string, number> = {}
let before: Record<string, number> = {}
let begun = 0

const command = (slot: number): string =>
  commandBytes({ slot, message: '0/23', sender: 'someone@example.com', recipient: `${users[sent++ % users.length]?.name}@example.org` })

const finish = (): void => {
  const seconds = (Date.now() - begun) / 1000
  const after = costs(lspawn.pid ?? 0)
  const line = Object.entries(after).map(([name, ms]) => `${name} ${((ms - (before[name] ?? 0)) / total).toFixed(3)}`)
  process.stdout.write(
    `${total} deliveries, ${(total / seconds).toFixed(0)}/s, ms of processor time each: ${line.join(', ')}; answers ${JSON.stringify(letters)}\n`
  )
  lspawn.stdin.end()
  rmSync(homes, { recursive: true, force: true })
}

const reports = new ReportParser()
let isFirst = true
lspawn.stdout.on('data', (chunk: Buffer) => {
  let more = ''
  for (const { slot, letter } of reports.push(isFirst ? chunk.subarray(1) : chunk)) {
    answered++
    letters[letter] = (letters[letter] ?? 0) + 1
    if (answered === WARM_UP) {
      before = costs(lspawn.pid ?? 0)
      begun = Date.now()
    }
    if (sent < total + WARM_UP) more += command(slot)
    else if (answered === total + WARM_UP) finish()
  }
  isFirst = false
  if (more !== '') lspawn.stdin.write(Buffer.from(more, 'latin1'))
})
let first = ''
for (let slot = 0; slot < Number(inFlight); slot++) first += command(slot)
lspawn.stdin.write(Buffer.from(first, 'latin1'))
