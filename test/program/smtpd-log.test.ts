import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, test } from 'node:test'
import { client } from '../helpers/dialogue.ts'
import { makeHome } from '../helpers/home.ts'
import { startSmtpd, startSuite, until } from '../helpers/suite.ts'

const home = makeHome()
home.control('rcpthosts', 'here.example\n')
await startSuite(home)
const gears = { first: await startSmtpd(home), second: await startSmtpd(home, ['-w', '1']) }
after(() => rmSync(home.at('control', 'smtpdlog'), { force: true }))

const WIRE = 'EHLO c\x01 x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@here.example>\r\nRCPT TO:<v@there.example>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n'

for (const [gear, { port, daemon }] of Object.entries(gears)) {
  /** The lines of the log that a dialogue led to. */
  const linesOf = async (kind: string | undefined, wire: string, isEnd: RegExp): Promise<string[]> => {
    if (kind === undefined) rmSync(home.at('control', 'smtpdlog'), { force: true })
    else home.control('smtpdlog', `${kind}\n`)
    const before = daemon.log().length
    const c = client(port)
    await c.until(/^220 /)
    if (wire === '') c.socket.destroy()
    else {
      c.say(wire)
      await c.closed()
    }
    await until('the log', () => isEnd.test(daemon.log().slice(before)))
    return daemon
      .log()
      .slice(before)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('tcpserver: '))
  }

  test(`${gear} gear: one line says what came of a session`, async () => {
    const [line, ...more] = await linesOf('session', WIRE, /end \d+ status 0/)
    assert.deepEqual(more, [])
    assert.match(
      line ?? '',
      /^qmail-smtpd: session pid=\d+ remoteip=127\.0\.0\.1 remotehost=unknown remoteinfo= proto=ESMTP helo=c__x mailfrom=a@b accepted=1 refused=1 messages=1 bytes=15 seconds=\d+\.\d last=221_mail\.example\.org end=quit$/
    )
  })

  test(`${gear} gear: a client that leaves without a word has its line, too`, async () => {
    const [line] = await linesOf('session', '', /end \d+ status 256/)
    assert.match(line ?? '', / helo= mailfrom= accepted=0 refused=0 messages=0 bytes=0 seconds=\d+\.\d last=220_mail\.example\.org_ESMTP end=gone$/)
  })

  test(`${gear} gear: the words of the fork: a line for each recipient and each message`, async () => {
    const lines = await linesOf('s', WIRE, /end \d+ status 0/)
    assert.deepEqual(
      lines.map((line) => /^(?:qmail-smtpd: session|qlog\w+: result=\w+ code=\d+ reason=\w+)/.exec(line)?.[0]),
      [
        'qlogenvelope: result=accepted code=250 reason=rcpthosts',
        'qlogenvelope: result=rejected code=553 reason=not_in_rcpthosts',
        'qlogreceived: result=accepted code=250 reason=queueaccept',
        'qmail-smtpd: session'
      ]
    )
    assert.match(
      lines[2] ?? '',
      / detail= helo=c__x mailfrom=a@b rcptto=u@here\.example relay=no rcpthosts= size=15 authuser= authtype= encrypted= sslverified=no localip=127\.0\.0\.1 localport=\d+ remoteip=127\.0\.0\.1 remoteport=\d+ remotehost=unknown qp=\d+ pid=\d+ proto=ESMTP /
    )
  })

  test(`${gear} gear: json is one object a line; without the file there is no line, but with control/esmtp`, async () => {
    const [line] = await linesOf('json', WIRE, /end \d+ status 0/)
    const said = JSON.parse(line ?? '') as Record<string, unknown>
    assert.deepEqual([said.accepted, said.refused, said.messages, said.end, said.mailfrom], [1, 1, 1, 'quit', 'a@b'])
    assert.deepEqual(await linesOf(undefined, WIRE, /end \d+ status 0/), [])
    home.control('esmtp', 'SIZE\nNOSUCH\n')
    const modern = await linesOf(undefined, WIRE, /end \d+ status 0/)
    rmSync(home.at('control', 'esmtp'))
    assert.match(modern.join('\n'), /warning: control\/esmtp: not offered, as this version does not have it: NOSUCH\nqlogenvelope/)
  })
}
