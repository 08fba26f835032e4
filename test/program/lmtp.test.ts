import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deliveryEnv as env } from '../helpers/delivery-env.ts'
import { makeHome } from '../helpers/home.ts'
import { startProgram } from '../helpers/start-program.ts'

const home = makeHome()
const folder = mkdtempSync(join(tmpdir(), 'qmlm-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let made = 0

/** An LMTP server that answers each verb as told (250 if not); `heard` is all it got. `.` is the answer to a message; '' hangs up. */
const serve = async (answers: Record<string, string>): Promise<{ path: string; heard: () => string; server: Server }> => {
  let text = ''
  const path = join(folder, `s${++made}`)
  const server = createServer((socket) => {
    let [held, inMessage] = ['', false]
    const answer = (verb: string, usual: string): void => {
      const line = answers[verb] ?? usual
      if (line === '') socket.destroy()
      else socket.write(`${line}\r\n`)
    }
    answer('greeting', '220 lmtp.example')
    socket.on('error', () => {})
    socket.on('data', (data) => {
      text += data.toString('latin1')
      held += data.toString('latin1')
      for (let end = held.indexOf('\r\n'); end >= 0; end = held.indexOf('\r\n')) {
        const line = held.slice(0, end)
        held = held.slice(end + 2)
        if (inMessage && line !== '.') continue
        if (inMessage) answer('.', '250 2.0.0 saved')
        else answer(line.slice(0, 4), line === 'DATA' ? '354 go on' : line.startsWith('LHLO') ? '250-lmtp.example\r\n250 8BITMIME' : '250 ok')
        inMessage = !inMessage && line === 'DATA' && !('DATA' in answers)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  after(() => server.close())
  return { path, heard: () => text, server }
}
const run = (args: string[], input = 'Subject: hi\n\n.dot\nlast', variables = env) => startProgram(home, 'lmtp', { args, env: variables, input })

test('one session, the message byte for byte but for line ends and dots; what the server said is the report', async () => {
  const { path, heard } = await serve({})
  assert.deepEqual(await run([path]), { exit: 0, stdout: 'lmtp: 250 2.0.0 saved\n', stderr: '' })
  const conversation =
    'LHLO mail.example.org\r\nMAIL FROM:<s@h.example> BODY=8BITMIME\r\nRCPT TO:<joe@ex.org>\r\nDATA\r\nSubject: hi\r\n\r\n..dot\r\nlast\r\n.\r\n'
  assert.ok(heard().startsWith(conversation), heard())
})

test('the null sender, another recipient, and a large message', async () => {
  const { path, heard } = await serve({})
  const message = `Subject: x\n\n${'line\n'.repeat(300_000)}`
  assert.equal((await run([path, 'joe'], message, { ...env, SENDER: '' })).exit, 0)
  assert.match(heard(), /MAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<joe>\r\n/)
  assert.ok(heard().includes(message.replaceAll('\n', '\r\n')))
})

test('refusals are exits 100 and 111, with what was said; a server that goes away, or is not there, defers', async () => {
  const cases: [Record<string, string>, number, RegExp][] = [
    [{ RCPT: '550 5.1.1 no such user' }, 100, /refused the recipient: 550 5\.1\.1 no such user/],
    [{ RCPT: '450 4.2.0 busy' }, 111, /450 4\.2\.0 busy/],
    [{ '.': '552 5.2.2 over quota' }, 100, /refused the message: 552 5\.2\.2 over quota/],
    [{ '.': '452 4.2.2 over quota' }, 111, /452/],
    [{ '.': '' }, 111, /lost/],
    [{ greeting: '421 go away' }, 111, /421/],
    [{ greeting: 'nonsense' }, 111, /nonsense/],
    [{ MAIL: '' }, 111, /lost/],
    [{ DATA: '554 no' }, 100, /554 no/]
  ]
  for (const [answers, exit, words] of cases) {
    const r = await run([(await serve(answers)).path])
    assert.equal(r.exit, exit, JSON.stringify(answers))
    assert.match(r.stderr, words)
  }
  assert.equal((await run([join(folder, 'nobody')])).exit, 111)
  assert.equal((await run(['a b:c'])).exit, 100)
  assert.equal((await run(['/x', 'a\nb@c'])).exit, 111)
})
