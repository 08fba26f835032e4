import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { makeHome } from '../helpers/home.ts'
import { queued } from '../helpers/queue-files.ts'
import { startQueued, startSmtpd, until } from '../helpers/suite.ts'

const skip = existsSync('/usr/sbin/haproxy') ? false : 'needs the Debian package haproxy'
const home = makeHome()
const scratch = mkdtempSync(join(tmpdir(), 'qm-haproxy-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** Starts haproxy before a server, with this version of the protocol; its port. */
const proxyTo = async (port: number, option: 'send-proxy' | 'send-proxy-v2'): Promise<number> => {
  const own = await freePort()
  const file = join(scratch, `${option}.cfg`)
  writeFileSync(
    file,
    `defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:${own}
  default_backend out
backend out
  server smtp 127.0.0.1:${port} ${option}
`
  )
  const child = spawn('/usr/sbin/haproxy', ['-db', '-f', file], { stdio: 'ignore' })
  after(() => child.kill())
  return own
}

/** Sends a message from another address of 127/8, in lockstep; again until haproxy listens. */
const send = (port: number, from: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const lines = ['EHLO c', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', `Subject: ${from}\r\n\r\nx\r\n.`, 'QUIT']
    const socket = connect({ port, host: '127.0.0.1', localAddress: from })
    let heard = ''
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      if (/(^|\n)\d{3} [^\n]*\n$/.test(heard) && lines.length > 0) socket.write(`${lines.shift()}\r\n`)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') setTimeout(() => send(port, from).then(resolve, reject), 50)
      else reject(error)
    })
    socket.on('close', () => {
      if (heard !== '') resolve(heard)
    })
  })

test('behind haproxy, PROXY v1 and v2, in both gears: the Received field names the client', { skip }, async () => {
  await startQueued(home)
  let from = 10
  for (const gear of [[], ['-w', '1']])
    for (const option of ['send-proxy', 'send-proxy-v2'] as const) {
      const { port, daemon } = await startSmtpd(home, [...gear, '-a', '127.0.0.1'])
      const ip = `127.0.0.${++from}`
      assert.match(await send(await proxyTo(port, option), ip), /\n250 ok \d+ qp \d+\r\n221 /)
      // in the first gear it comes through drop/, and is taken up in a moment
      const { message } = await until('the message', () => queued(home).find(({ message: text }) => text.includes(`Subject: ${ip}\n`)))
      assert.match(message, new RegExp(`Received: from unknown \\(HELO c\\) \\(${ip.replaceAll('.', '\\.')}\\)\n`))
      assert.match(daemon.log(), new RegExp(`ok \\d+ 0:127\\.0\\.0\\.1:\\d+ :${ip.replaceAll('.', '\\.')}::`))
      await daemon.stop()
    }
})
