import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { reason, Temporary } from '../core/failure.ts'
import { startChild } from './child.ts'

/** Both ends of a pipe of the kernel's, which a child inherits only where its list of descriptors names them. */
export interface Pipe {
  read: number
  write: number
}

/** Where the shell has the first of them. */
const FIRST_FD = 3
/** Where it has its standard input, among pipes. */
const STAY_FD = 9

/**
 * The shell's lines: it makes pipes at descriptors 3 and up, says the number of the process that has them, and keeps them until its input ends. Most shells put here-documents
 * into pipes; where it does not (bash before 5.1) a pipeline of nothing is built around each other.
 */
export const pipeScript = (count: number): string => {
  const fds = Array.from({ length: count }, (_, n) => FIRST_FD + n)
  const nested = fds.reduceRight((inner, fd) => `: | { exec ${fd}<&0; ${inner}; }`, `read -r pid rest </proc/self/stat; echo "$pid"; read -r rest <&${STAY_FD}`)
  return `exec ${fds.map((fd) => `${fd}<<E`).join(' ')}
${'E\n'.repeat(count)}if [ -p /dev/fd/${FIRST_FD} ]; then echo $$; read -r rest; exit 0; fi
exec ${STAY_FD}<&0
${nested}`
}

const opened = (pid: string, count: number): Pipe[] => {
  const fds: number[] = []
  const open = (path: string, flags: 'r' | 'w'): number => {
    const fd = openSync(path, flags)
    fds.push(fd)
    return fd
  }
  try {
    const paths = Array.from({ length: count }, (_, n) => `/proc/${pid}/fd/${FIRST_FD + n}`)
    return paths.map((path) => ({ read: open(path, 'r'), write: open(path, 'w') }))
  } catch (error) {
    for (const fd of fds) closeSync(fd)
    throw error
  }
}

/**
 * Makes a number of pipes; resolves when nothing of what made them is left. Neither Node nor Bun can: a shell makes them, and we open its descriptors by /proc, which gives ends of our own. (Bun's foreign
 * functions could, and one qmail-inject with a queue program took a sixth less processor with them; but they are Bun's only, and need its compilers.)
 *
 * What else looks like a pipe is none to a program that opens its descriptor again, as /dev/stdin or /dev/fd/3: of the socket pairs that child processes have it cannot (ENXIO, at once),
 * and a FIFO, its writer gone, keeps it waiting for ever. So: pipes for programs that are not ours and are given mail or a connection's bytes. With socket pairs still, as every shell
 * and C program reads them: a checker's secrets under qmail-authd and checkpassword (descriptor 3), plug-ins' answers, what is read from programs that ours run. Throws Temporary.
 */
export const makePipes = async (count: number): Promise<Pipe[]> => {
  try {
    const child = startChild('/bin/sh', ['-c', pipeScript(count)], { stdio: ['pipe', 'pipe', 'ignore'], env: {} })
    const failed = once(child, 'error').then(([error]) => Promise.reject(error))
    const ended = once(child, 'close')
    const [said, stay] = [child.stdout as Readable, child.stdin as Writable]
    stay.on('error', () => {}) // it has ended; what it has not said tells
    const [pid] = await Promise.race([once(said, 'data'), ended, failed])
    try {
      return opened(String(pid).trim(), count)
    } finally {
      stay.end()
      await ended
    }
  } catch (error) {
    throw new Temporary(`unable to make a pipe: ${reason(error)}`, { cause: error })
  }
}
