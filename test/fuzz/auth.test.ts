import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { serveAuthSession } from '../../src/authd/session.ts'
import { type AuthRequest, MAX_SECRET_BYTES, MAX_USER_BYTES, packAnswer, packRequest, unpackAnswer } from '../../src/serve/auth-door.ts'
import { MECHANISMS } from '../../src/serve/auth-mode.ts'
import { Budget } from '../../src/serve/budget.ts'
import { bearerClaim, type Claim, cramClaim, fromBase64, loginClaim, plainClaim, type Trouble, toBase64, xoauth2Claim } from '../../src/smtpd/auth/sasl.ts'
import { Session } from '../../src/smtpd/session.ts'
import { base, rig } from '../helpers/smtpd-rig.ts'
import { fuzz, memoryQueue } from './harness.ts'

const BUDGET_BYTES = 1 << 20
const DIGEST = '0123456789abcdef'.repeat(2)

fuzz('what clients answer in an exchange', {
  corpus: ['\0joe\0secret', 'joe\0joe\0secret', `joe ${DIGEST}`, 'n,a=joe,\x01host=x\x01auth=Bearer ab.c==\x01\x01', 'user=joe\x01auth=Bearer t\x01\x01'],
  words: ['\0', '\x01', ',', 'a=', '=2C', 'auth=', 'Bearer ', 'user=', 'n,', ' ', DIGEST],
  run: (chunks) => {
    const response = Buffer.concat(chunks).toString('latin1')
    assert.equal(fromBase64(toBase64(response)), response)
    const decoded = fromBase64(response)
    if (decoded !== undefined) assert.equal(toBase64(decoded), toBase64(Buffer.from(response, 'base64').toString('latin1')))
    const claims: [Claim | Trouble, boolean][] = [
      [plainClaim(response), false],
      [loginClaim(response, response), false],
      [cramClaim(response), false],
      [bearerClaim(response), true],
      [xoauth2Claim(response), true]
    ]
    for (const [claim, mayBeNobody] of claims) {
      if (typeof claim === 'string') continue
      assert.ok(claim.secret !== '' && (mayBeNobody || claim.user !== ''), 'an empty password reaches a checker')
      assert.ok(!claim.user.includes('\0') && !claim.secret.includes('\0'), 'a field has NUL in it')
    }
  }
})

const AUTH = `AUTH PLAIN ${toBase64('\0joe\0secret')}\r\n`

fuzz('AUTH in qmail-smtpd', {
  corpus: [
    `EHLO c\r\n${AUTH}MAIL FROM:<joe@x> AUTH=joe+40x\r\nRCPT TO:<c@far>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n`,
    `EHLO c\r\nAUTH LOGIN\r\n${toBase64('joe')}\r\n${toBase64('secret')}\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<c@far>\r\nDATA\r\nFrom: joe@x\r\n\r\nx\r\n.\r\n`,
    `AUTH CRAM-MD5\r\n${toBase64(`joe ${DIGEST}`)}\r\nAUTH OAUTHBEARER ${toBase64('n,a=joe,\x01auth=Bearer t\x01\x01')}\r\nAQ==\r\nAUTH PLAIN\r\n*\r\nQUIT\r\n`
  ],
  words: [
    '\r\n',
    '\n',
    '*\r\n',
    '=',
    'AUTH PLAIN =\r\n',
    'AUTH LOGIN\r\n',
    AUTH,
    'MAIL FROM:<joe@x>\r\n',
    'RCPT TO:<c@far>\r\n',
    'DATA\r\n',
    'A'.repeat(13_000)
  ],
  run: async (chunks, random) => {
    const [queue, budget] = [memoryQueue(), new Budget(BUDGET_BYTES)]
    let user: string | undefined
    const { options } = rig({
      settings: { ...base(), rcpthosts: new Set(), maxErrors: 8, esmtp: ['PIPELINING'], isFromChecked: true },
      budget,
      open: queue.open,
      relayclient: () => (user === undefined ? undefined : ''),
      auth: {
        mechanisms: MECHANISMS,
        isSubmission: random.pick([true, false]),
        certified: undefined,
        isClearAllowed: true,
        isOldOffered: false,
        maxFailures: 3,
        delayMilliseconds: 0,
        isForcedSame: false,
        maySendFrom: (_, sender) => sender === '' || sender === 'joe@x',
        check: async (_, claim) =>
          claim.user === 'joe' ? { kind: 'good', user: 'joe', senders: '' } : random.pick([{ kind: 'refused' }, { kind: 'temporary' }]),
        become: (who) => {
          user = who?.name
        },
        challenge: () => '<1@x>',
        log: () => {}
      }
    }).session
    const session = new Session(options)
    session.greet()
    for (const chunk of chunks) if (session.exit === undefined) await session.feed(chunk)
    await session.hangUp()
    assert.equal(queue.left(), 0, 'a message is neither finished nor given up')
    assert.ok(budget.take(BUDGET_BYTES), 'memory is not given back')
    for (const { sender, recipients } of queue.taken) {
      assert.ok(recipients.every((recipient) => !recipient.includes('@')) || user === 'joe', 'a stranger relays')
      if (user !== undefined) assert.ok(sender === '' || sender === 'joe@x', `${sender} is not the user's`)
    }
  }
})

const request: AuthRequest = { method: 'plain', service: 'smtp', ip: '192.0.2.1', localIp: '192.0.2.2', user: 'joe', secret: 'pw', challenge: '' }
const wire = packRequest(request).toString('latin1')

fuzz('the door of qmail-authd', {
  corpus: [wire, wire + wire, packRequest({ ...request, secret: 'x'.repeat(MAX_SECRET_BYTES) }).toString('latin1')],
  words: ['\0', ':', ',', '0:,', '3:joe,', wire, 'x'.repeat(MAX_USER_BYTES + 1)],
  run: async (chunks) => {
    const socket = new PassThrough()
    const written: Buffer[] = []
    const door = Object.assign(socket, {
      write: (data: Buffer) => {
        written.push(data)
        return true
      }
    })
    const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()).on('end', () => resolve()))
    let asked = 0
    serveAuthSession(
      door as unknown as Socket,
      async ({ user, secret }) => {
        asked++
        assert.ok(user.length <= MAX_USER_BYTES && secret.length <= MAX_SECRET_BYTES && !/\0/.test(user + secret))
        return { kind: 'refused' }
      },
      () => {}
    )
    for (const chunk of chunks) socket.push(chunk)
    socket.push(null)
    await closed
    assert.ok(written.length <= asked)
  }
})

const good = packAnswer({ kind: 'good', user: 'joe', senders: 'joe@x\n@y' }).toString('latin1')
const inside = good.slice(good.indexOf(':') + 1, -1)

fuzz('answers of qmail-authd', {
  corpus: [inside, '1:1,', '3:111,', '3:334,5:code?,'],
  words: [':', ',', '1:0,', '3:joe,', '\0'],
  run: (chunks) => {
    try {
      const answer = unpackAnswer(Buffer.concat(chunks))
      if (answer.kind === 'good') assert.ok(Buffer.concat(chunks).toString('latin1').startsWith('1:0,'), 'a yes that nobody said')
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error
    }
  }
})
