import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, renameSync, writeFileSync } from 'node:fs'
import { suiteUser } from '../../src/os/ids.ts'
import { type Home, isRoot } from './home.ts'
import { RUN_SECONDS } from './run-program.ts'

/** Lays a certificate as qmail-tlscert does: by rename, qmailt's, and nobody else's to read. */
export const layCertificate = (home: Home, text: string, name = 'servercert.pem'): void => {
  const file = home.at('control', name)
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  chmodSync(`${file}.new`, 0o400)
  if (isRoot) chownSync(`${file}.new`, suiteUser(home.path, 'qmailt').uid, suiteUser(home.path, 'qmailt').gid)
  renameSync(`${file}.new`, file)
}

/** Says lines through `openssl s_client`, each after a reply that ends with a line of `isReply`; all it printed. The first line does not wait: what it hears before TLS it keeps to itself. */
export const throughOpenssl = async (port: number, args: string[], lines: string[], isReply = /^(\d{3} |[-+])[^\n]*\n/m): Promise<string> => {
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-crlf', '-quiet', ...args], { timeout: RUN_SECONDS * 1000 })
  let [said, fresh] = ['', '']
  const left = [...lines]
  const next = (): void => {
    fresh = ''
    const line = left.shift()
    if (line !== undefined) child.stdin.write(line)
  }
  child.stdin.on('error', () => {})
  child.stdout.on('data', (data) => {
    said += String(data)
    fresh += String(data)
    if (isReply.test(fresh)) next()
  })
  child.stderr.resume()
  if (args.includes('-starttls')) next()
  await once(child, 'close')
  return said
}

/** A command's output, both descriptors, and how it ended. */
export const output = async (command: string, args: string[], input = ''): Promise<{ text: string; code: number | string }> => {
  const child = spawn(command, args, { timeout: RUN_SECONDS * 1000 })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      text += String(data)
    })
  }
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { text, code: signal ?? code ?? -1 }
}
