import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { withoutAccount } from '../helpers/account.ts'
import { isRoot, makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { type RunResult, runProgram } from '../helpers/run-program.ts'
import { makeMaildir, until } from '../helpers/suite.ts'

const home = makeHome()
const MESSAGE = 'From: Ann <ann@far.example>\nTo: joe@ex.org\nSubject: hi\nMessage-ID: <1@far.example>\n\nFrom the body\n>From it\nlast\n'
const needs = (...files: string[]): string | false => {
  const missing = files.filter((file) => !existsSync(file))
  return missing.length > 0 && `not installed: ${missing.join(', ')}`
}
const rootToo = (why: string | false): string | false => why || (isRoot ? false : 'a mount of its own takes root')

const makeBox = (files: Record<string, string>): string => {
  const path = mkdtempSync(join(tmpdir(), 'qmdp-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text, { mode: 0o600 })
  return path
}
const local = (box: string, defaultdelivery: string, message = MESSAGE): RunResult =>
  runProgram(home, 'qmail-local', {
    args: ['--', 'joe', box, 'joe', '', '', 'ex.org', 'ann@far.example', defaultdelivery],
    fds: { 0: message },
    env: { PATH: `${home.at('bin')}:/usr/bin:/bin` }
  })
const read = (box: string, name: string): string => readFileSync(join(box, name), 'latin1')

test('procmail, by |preline, files into an mbox and a Maildir', { skip: withoutAccount || needs('/usr/bin/procmail') }, () => {
  const box = makeBox({})
  makeMaildir(join(box, 'Maildir'))
  writeFileSync(join(box, 'rc'), `MAILDIR=${box}\nDEFAULT=${box}/mbox\n:0 c:\n* ^Subject: hi\n${box}/filed\n:0\n${box}/Maildir/\n`)
  assert.deepEqual(local(box, `|preline procmail -p -m ${box}/rc`), { exit: 0, stdout: 'did 0+0+1\n', stderr: '' })
  assert.match(read(box, 'filed'), /^From ann@far\.example .*\nReturn-Path: <ann@far\.example>\nDelivered-To: joe@ex\.org\nFrom: Ann/)
  assert.equal(readdirSync(join(box, 'Maildir/new')).length, 1)
})

test("procmail's own exit code bounces and defers as .qmail says", { skip: needs('/usr/bin/procmail') }, () => {
  const box = makeBox({})
  writeFileSync(join(box, 'rc'), `DEFAULT=${box}/mbox\nEXITCODE=77\n:0\n/dev/null\n`)
  assert.equal(local(box, `|preline procmail -p -m ${box}/rc`).exit, 100)
  writeFileSync(join(box, 'rc'), `DEFAULT=${box}/mbox\nEXITCODE=75\n:0\n/dev/null\n`)
  assert.equal(local(box, `|preline procmail -p -m ${box}/rc`).exit, 111)
})

test('maildrop, by |preline, files by its own language', { skip: withoutAccount || needs('/usr/bin/maildrop') }, () => {
  const box = makeBox({})
  makeMaildir(join(box, 'Maildir'))
  writeFileSync(join(box, 'filter'), `if (/^Subject: hi/)\n{\n  to "${box}/Maildir"\n}\n`, { mode: 0o600 })
  const r = local(box, `|preline maildrop ${box}/filter`)
  assert.equal(r.exit, 0, r.stderr)
  const [name = ''] = readdirSync(join(box, 'Maildir/new'))
  assert.match(read(box, `Maildir/new/${name}`), /Delivered-To: joe@ex\.org\nFrom: Ann[\s\S]*last\n$/)
})

test('vacation, by |preline, answers through our sendmail', { skip: rootToo(needs('/usr/bin/vacation', '/usr/sbin/sendmail')) }, () => {
  const box = makeBox({ '.vacation.msg': 'Subject: away\n\nI am away.\n' })
  const before = queued(home)
  const shell = `HOME=${box} preline vacation -f ${box}/vacation.db -m ${box}/.vacation.msg -a joe@ex.org -r 1 joe`
  const passwd = readFileSync('/etc/passwd', 'latin1')
  // vacation asks the user table for joe and calls /usr/sbin/sendmail: both are laid for it in a mount of its own
  writeFileSync(join(box, 'passwd'), `${passwd}joe:x:0:0::${box}:/bin/sh\n`)
  writeFileSync(join(box, 'message'), MESSAGE)
  writeFileSync(join(box, 'sendmail'), '')
  const script = `mount --bind ${box}/passwd /etc/passwd && mount --bind ${home.at('bin', 'sendmail')} "$(readlink -f /usr/sbin/sendmail)" && vacation -i -f ${box}/vacation.db joe; exec ${home.at('bin', 'qmail-local')} -- joe ${box} joe '' '' ex.org ann@far.example '|${shell}' < ${box}/message`
  const r = spawnSync('unshare', ['-m', 'sh', '-c', script], { env: { PATH: `${home.at('bin')}:/usr/sbin:/usr/bin:/bin` }, timeout: 120_000 })
  assert.equal(r.status, 0, r.stderr.toString())
  const answers = newSince(before)
  assert.equal(answers.length, 1)
  assert.match(answers[0]?.envelope ?? '', /Tann@far\.example\0$/)
  assert.match(answers[0]?.message ?? '', /\nSubject: away\n[\s\S]*I am away\.\n$/)
})

test('spamc passes the message on, with or without a spamd', { skip: withoutAccount || needs('/usr/bin/spamc') }, () => {
  const box = makeBox({})
  const r = local(box, `|preline -f spamc -d 127.0.0.1 -p 1 --connect-retries=1 > out; cmp -s out /dev/null && exit 111; exit 0`)
  assert.equal(r.exit, 0, r.stderr)
  assert.equal(read(box, 'out'), `Return-Path: <ann@far.example>\nDelivered-To: joe@ex.org\n${MESSAGE}`)
})

/** The messages that came into the queue since these were there. */
const newSince = (before: readonly { id: number }[]) => queued(home).filter(({ id }) => !before.some((old) => old.id === id))

/** What a qmail-local run did: exit, report and queue, without what differs from run to run. */
const outcome = (program: string, box: string, line: string): unknown => {
  const before = queued(home)
  const script = `mount --bind ${home.path} /var/lib/qmail && exec ${home.at('bin', 'qmail-local')} -- joe ${box} joe '' '' ex.org ann@far.example '${line.replaceAll('PROGRAM', program)}' < ${box}/message`
  const r = spawnSync('unshare', ['-m', 'sh', '-c', script], { env: { PATH: `${home.at('bin')}:/usr/bin:/bin`, HOST: 'ex.org' }, timeout: 120_000 })
  const masked = (text: string): string => text.replace(/qp \d+/g, 'qp N')
  const messages = newSince(before).map(({ envelope, message }) => [envelope.replace(/^u\d+\0p\d+\0/, ''), message.replace(/^Received: .*\n/, '')])
  return { exit: r.status, stdout: masked(r.stdout.toString()), stderr: masked(r.stderr.toString()), messages }
}

test("Debian's dot-forward does what ours does", { skip: rootToo(needs('/usr/bin/dot-forward', '/var/lib/qmail')) }, () => {
  const forwards = [
    'bob, fred\nJoe S <s@h.d>\n',
    '\\joe, x@y.z\n',
    '"|cat > out; exit 0"\n',
    '# nothing\n',
    'a@b.c, (\n',
    '"|exit 77"\n',
    'a@b.c\n"|exit 99"\n',
    '/dev/null\n',
    ' # indented\n'
  ]
  for (const text of forwards) {
    const box = makeBox({ '.forward': text, message: MESSAGE })
    makeMaildir(join(box, 'Maildir'))
    const [ours, theirs] = [home.at('bin', 'dot-forward'), '/usr/bin/dot-forward'].map(
      (program) => outcome(program, box, '|PROGRAM .forward\n./Maildir/') as { stderr: string }
    )
    // the texts of trouble are each program's own
    assert.deepEqual({ ...ours, stderr: '' }, { ...theirs, stderr: '' }, text)
  }
})

test("Debian's fastforward reads our tables, and ours reads Debian's, to the same end", {
  skip: rootToo(needs('/usr/bin/fastforward', '/usr/bin/setforward', '/var/lib/qmail'))
}, () => {
  const instructions =
    'joe@ex.org: ?owner@h.d, a@x.y, sub@h.d, |cat\\ >\\ out, /BOX/list.bin; sub@h.d: b@x.y, a@x.y, deep@h.d; deep@h.d: ?o@h.d, z@h.d; @wild.example: w@x.y;'
  const box = makeBox({ message: MESSAGE, in: instructions.replaceAll('BOX', 'tmp') })
  writeFileSync(join(box, 'in'), instructions.replaceAll('/BOX', box))
  writeFileSync(join(box, 'list'), 'm1@x.y\nm2@x.y\na@x.y\n')
  for (const [maker, name] of [
    ['/usr/bin', 'theirs'],
    [home.at('bin'), 'ours']
  ]) {
    const made = spawnSync('sh', ['-c', `${maker}/setforward ${name}.cdb t <in && ${maker}/setmaillist ${name}.bin t <list`], { cwd: box })
    assert.equal(made.status, 0, made.stderr.toString())
  }
  assert.deepEqual(readFileSync(join(box, 'ours.cdb')), readFileSync(join(box, 'theirs.cdb')))
  assert.deepEqual(readFileSync(join(box, 'ours.bin')), readFileSync(join(box, 'theirs.bin')))
  spawnSync('cp', [join(box, 'ours.bin'), join(box, 'list.bin')])
  for (const line of [
    '|PROGRAM ours.cdb',
    '|PROGRAM -p ours.cdb\n./Maildir/',
    '|PROGRAM -n theirs.cdb',
    '|DEFAULT=x HOST=wild.example PROGRAM -nd ours.cdb',
    '|RECIPIENT=q@h.d PROGRAM ours.cdb'
  ]) {
    const [ours, theirs] = [home.at('bin', 'fastforward'), '/usr/bin/fastforward'].map((program) => outcome(program, box, line))
    assert.deepEqual(ours, theirs, line)
  }
})

test("Debian's newaliases and newinclude make the same tables", {
  skip: rootToo(needs('/usr/sbin/qmail-newaliases', '/usr/bin/newinclude', '/var/lib/qmail'))
}, () => {
  const box = makeBox({
    aliases: '# c\nroot: joe,\n  ann@x.y\nowner-List: Ann <a@c.d>\nlist@h.x: a,"|run list", :include:/etc/l\nx y z\nA@B.C: "q r"@s.t, x+y+\n'
  })
  writeFileSync(join(box, 'list'), '# c\nann, Bob <bob@x.y>\n:include:sub.bin\n')
  mkdirSync(join(box, 'etc'))
  spawnSync('cp', ['/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/ld.so.cache', join(box, 'aliases'), join(box, 'etc')])
  const made = (folder: string, newaliases: string): Buffer[] => {
    const script = `mount --bind ${home.path} /var/lib/qmail && mount --bind ${box}/etc /etc && cd ${box} && ${newaliases} && ${folder}/newinclude list`
    const r = spawnSync('unshare', ['-m', 'sh', '-c', script], { env: { PATH: '/usr/bin:/bin:/usr/sbin' }, timeout: 120_000 })
    assert.equal(r.status, 0, r.stderr.toString())
    return [readFileSync(join(box, 'etc/aliases.cdb')), readFileSync(join(box, 'list.bin'))]
  }
  assert.deepEqual(made(home.at('bin'), home.at('bin', 'newaliases')), made('/usr/bin', '/usr/sbin/qmail-newaliases'))
})

test("mutt and Python's mailbox read what we wrote, while another process writes under its lock file", { skip: needs('/usr/bin/python3') }, async () => {
  const box = makeBox({ mbox: '' })
  makeMaildir(join(box, 'Maildir'))
  const other = `
import mailbox, sys, time
box = mailbox.mbox(sys.argv[1])
def lock():
    try:
        box.lock()
    except mailbox.ExternalClashError: # ours is there: Python does not wait
        time.sleep(0.005)
        lock()
for i in range(20):
    lock()
    box.add('From: p@x.y\\nSubject: python %d\\n\\nFrom here\\n' % i)
    box.flush()
    box.unlock()
`
  const writer = spawn('/usr/bin/python3', ['-c', other, join(box, 'mbox')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise((resolve) => writer.on('exit', resolve))
  for (let i = 0; i < 8; i++) assert.equal(local(box, './mbox\n./Maildir/', MESSAGE.replace('hi', `ours ${i}`)).exit, 0)
  assert.equal(await ended, 0)
  const reader = `
import mailbox, sys, json
m = sorted(x['Subject'] for x in mailbox.mbox(sys.argv[1]))
d = sorted(x['Subject'] for x in mailbox.Maildir(sys.argv[2], factory=None))
print(json.dumps([m, d]))
`
  const r = spawnSync('/usr/bin/python3', ['-c', reader, join(box, 'mbox'), join(box, 'Maildir')])
  const ours = Array.from({ length: 8 }, (_, i) => `ours ${i}`)
  const theirs = Array.from({ length: 20 }, (_, i) => `python ${i}`)
  assert.deepEqual(JSON.parse(r.stdout.toString()), [[...ours, ...theirs].toSorted(), ours])
  assert.ok(!existsSync(join(box, 'mbox.lock')))
})

test('mutt opens both kinds of mailbox', { skip: withoutAccount || needs('/usr/bin/mutt', '/usr/bin/script') }, () => {
  const box = makeBox({})
  makeMaildir(join(box, 'Maildir'))
  assert.equal(local(box, './mbox\n./Maildir/').exit, 0)
  for (const name of ['mbox', 'Maildir']) {
    const out = join(box, `out-${name}`)
    const settings = 'set confirmcreate=no confirmappend=no copy=no quit=yes mbox_type=mbox wait_key=no'
    writeFileSync(join(box, 'muttrc'), `${settings}\npush "<tag-pattern>~A<enter><tag-prefix><copy-message>${out}<enter><quit>"\n`)
    // mutt wants a terminal: script(1) is one
    const r = spawnSync('script', ['-qec', `mutt -n -F ${box}/muttrc -R -f ${box}/${name}`, '/dev/null'], {
      env: { PATH: '/usr/bin:/bin', TERM: 'vt100', HOME: box },
      input: '',
      timeout: 120_000
    })
    assert.ok(existsSync(out), `${name}: ${r.stderr.toString()} ${r.stdout.toString().slice(0, 200)}`)
    assert.match(readFileSync(out, 'latin1'), /\nDelivered-To: joe@ex\.org\n[\s\S]*\nSubject: hi\n[\s\S]*\n\n>*From the body\n[\s\S]*last\n/)
  }
})

test("mutt's lock program sees our lock, and we wait for its", { skip: needs('/usr/bin/mutt_dotlock') }, async () => {
  const box = makeBox({ mbox: '' })
  const dotlock = (flag: string) => spawnSync('/usr/bin/mutt_dotlock', [flag, join(box, 'mbox')].filter(Boolean)).status
  writeFileSync(join(box, 'mbox.lock'), `${process.pid}:${hostname()}`)
  assert.equal(dotlock('-r0'), 3, 'it counts as locked')
  rmSync(join(box, 'mbox.lock'))
  assert.equal(dotlock('-r0'), 0)
  writeFileSync(join(box, 'message'), MESSAGE)
  const second = spawn(home.at('bin', 'qmail-local'), ['--', 'joe', box, 'joe', '', '', 'ex.org', 'a@b', './mbox'], {
    stdio: [openSync(join(box, 'message'), 'r'), 'ignore', 'ignore']
  })
  let isOver = false
  second.on('exit', () => {
    isOver = true
  })
  await until('qmail-local to be at work', () => readFileSync(`/proc/${second.pid}/stat`, 'latin1').length > 0)
  assert.equal(readFileSync(join(box, 'mbox'), 'latin1'), '')
  assert.equal(isOver, false)
  assert.equal(dotlock('-u'), 0)
  await until('the delivery', () => isOver && readFileSync(join(box, 'mbox'), 'latin1').startsWith('From a@b '))
})
