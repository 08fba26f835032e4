import assert from 'node:assert/strict'
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { cdbBytes } from '../../src/format/cdb.ts'
import { suiteGroup, suiteUser } from '../../src/os/ids.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { type Process, processTree } from '../helpers/proc.ts'
import { smtpSend, smtpSink } from '../helpers/smtp.ts'
import { maildir, startSmtpd, startSuite, until } from '../helpers/suite.ts'
import { makeUsers } from '../helpers/users.ts'

const skip = isRoot ? false : 'only root can start the suite under several users'

test('every process runs as its own user, without other groups, with a clean environment and no stray descriptors', { skip }, async () => {
  const home = makeHome('private')
  const sink = await smtpSink()
  home.control('locals', 'local.example\n')
  home.control('rcpthosts', 'local.example\naway.example\n')
  home.control('smtproutes', `:127.0.0.1:${sink.port}\n`)
  const [joe] = makeUsers(home, ['joe'])
  assert.ok(joe)
  const box = joe.maildir()
  process.env.NODE_STRAY = process.env.LD_STRAY = 'x'
  const suite = await startSuite(home)
  const { port, daemon } = await startSmtpd(home, ['-w', '2'])
  await smtpSend(port, 'a@b.example', ['joe@local.example', 'you@away.example'], 'Subject: x\n\nx\n')
  await until('both deliveries', () => maildir(box).length === 1 && sink.messages.length === 1)
  await until('the end of the message', () => suite.log().includes('end msg'))

  const ids = (user: 'qmaild' | 'qmailp' | 'qmailq' | 'qmailr' | 'qmails', group: 'qmail' | 'nofiles'): [number, number] => [
    suiteUser(home.path, user).uid,
    suiteGroup(home.path, group)
  ]
  const root: [number, number] = [0, suiteGroup(home.path, 'qmail')]
  const want: Record<string, [number, number]> = {
    'qmail-send': ids('qmails', 'qmail'),
    'qmail-clean': ids('qmailq', 'qmail'),
    'qmail-queued': ids('qmailq', 'qmail'),
    'qmail-rspawn': ids('qmailr', 'qmail'),
    'qmail-remote': ids('qmailr', 'qmail'),
    'qmail-getpw': ids('qmailp', 'nofiles'),
    'qmail-rcptd': ids('qmailp', 'nofiles'),
    'qmail-lspawn': root,
    'qmail-local': [joe.uid, joe.gid],
    tcpserver: ids('qmaild', 'nofiles'),
    'qmail-smtpd': ids('qmaild', 'nofiles')
  }
  assert.ok(suite.child.pid && daemon.child.pid)
  await until('the helper to be itself', () =>
    processTree(suite.child.pid ?? 0).some((p) => p.name === 'qmail-rcptd' && p.uids[0] === want['qmail-rcptd']?.[0])
  )
  const pids = [suite.child.pid, daemon.child.pid]
  // a process that has just been started has the name of its interpreter
  const processes = await until('all to have their names', () => {
    const all = pids.flatMap(processTree)
    return all.every((p) => !/^(env|node|bun|MainThread)$/.test(p.name)) && all
  })
  const seen = new Set(processes.map((p) => p.name))
  for (const name of Object.keys(want)) if (name !== 'qmail-getpw') assert.ok(seen.has(name), `${name} runs (there are ${[...seen].join(' ')})`)
  for (const p of processes) {
    if (p.name === 'qmail-start') assert.deepEqual(p.uids, [0, 0, 0, 0])
    else {
      const [uid, gid] = want[p.name] ?? assert.fail(`an unexpected process, ${p.name}`)
      assert.deepEqual(p.uids, [uid, uid, uid, uid], `${p.name}: uid`)
      assert.deepEqual(p.gids, [gid, gid, gid, gid], `${p.name}: gid`)
      assert.deepEqual(
        p.groups.filter((g) => g !== gid),
        [],
        `${p.name}: other groups`
      )
    }
    checkEnvironment(p)
    assert.ok(p.environment.includes('MALLOC_ARENA_MAX'), `${p.name} has one arena`)
    checkFds(home.path, p)
  }
})

const checkEnvironment = (p: Process): void => {
  const allowed =
    /^(PATH|QMAIL_RESIDENT|QMAIL_STAYS|MALLOC_ARENA_MAX|QMAIL_LOG|QMAIL_WIDE|NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|PWD|OLDPWD|SHLVL|_|UV_THREADPOOL_SIZE)$/
  assert.deepEqual(
    p.environment.filter((name) => !allowed.test(name)),
    [],
    `${p.name}: environment`
  )
}

/** Node's own descriptors, pipes and sockets to siblings, the log, and the files a program holds on purpose. */
const checkFds = (home: string, p: Process): void => {
  const own: Record<string, RegExp> = {
    'qmail-lspawn': /\/users\/cdb$|\/queue\/log\/[0-3]$/,
    'qmail-remote': /\/queue\/log\/[0-3]$/,
    'qmail-rcptd': /\/users\/cdb$/,
    'qmail-send': /\/queue\/lock\/(sendmutex|trigger)$/,
    'qmail-queued': /\/drop\/trigger$|\/queue\/(todo|pid|log\/[0-3])$/,
    'qmail-local': /\/Maildir\/new$/
  }
  const strays = [...p.fds.values()].filter(
    (what) => !/^(anon_inode:|pipe:|socket:)/.test(what) && what !== '/dev/null' && !what.startsWith(`${home}/`) && !what.endsWith('.log')
  )
  assert.deepEqual(strays, [], `${p.name}: descriptors outside the home`)
  const inside = [...p.fds.values()].filter((what) => what.startsWith(home) && !what.endsWith('.log') && !own[p.name]?.test(what))
  assert.deepEqual(inside, [], `${p.name}: open files`)
}

test('a recipient with uid 0 is never delivered to as root', { skip }, async () => {
  const home = makeHome('private')
  home.control('locals', 'local.example\n')
  mkdirSync(home.at('homes', 'evil', 'Maildir', 'new'), { recursive: true })
  mkdirSync(home.at('homes', 'evil', 'Maildir', 'tmp'))
  chownSync(home.at('homes', 'evil'), 0, 0)
  writeFileSync(home.at('homes', 'evil', '.qmail'), `|id > ${home.at('homes', 'evil', 'ran')}\n./Maildir/\n`)
  const evil = (uid: string): string => ['evil', uid, '0', home.at('homes', 'evil'), '', ''].join('\0')
  writeFileSync(
    home.at('users', 'cdb'),
    cdbBytes([
      ['!evil\0', evil('0')],
      ['!word\0', evil('root')],
      ['', '-']
    ])
  )
  const suite = await startSuite(home)
  const { port } = await startSmtpd(home)
  home.control('rcpthosts', 'local.example\n')
  await smtpSend(port, '', ['evil@local.example', 'word@local.example'], 'Subject: x\n\nx\n')
  await until('both deferrals', () => [...suite.log().matchAll(/^delivery \d+: deferral: /gm)].length === 2)
  assert.match(suite.log(), /deferral: Not_allowed_to_perform_deliveries_as_root\./)
  assert.deepEqual(maildir(home.at('homes', 'evil', 'Maildir')), [])
  assert.throws(() => readFileSync(home.at('homes', 'evil', 'ran')))
})
