import { Exit } from './exit.ts'

/** Trying again cannot help. */
export class Permanent extends Error {}

/** A command line that is wrong: what to say, the program's name included. */
export class Usage extends Permanent {}

/** Trying again later may help. What is not known to be permanent is temporary. */
export class Temporary extends Error {}

/** The exit code a failure deserves: 100 for Permanent, 111 for everything else, our own bugs included. */
export const exitFor = (error: unknown): number => (error instanceof Permanent ? Exit.permanent : Exit.temporary)

/** The system error code (`ENOENT`) of what was caught, or undefined. */
export const errorCode = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

const reasons: Record<string, string> = {
  EACCES: 'access denied',
  EPERM: 'operation not permitted',
  ENOENT: 'file does not exist',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EEXIST: 'file already exists',
  ELOOP: 'symbolic link loop',
  ENOSPC: 'out of disk space',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'file too large',
  EIO: 'input/output error',
  EPIPE: 'broken pipe',
  ENOTEMPTY: 'directory not empty',
  EROFS: 'read-only file system',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in system',
  ENOMEM: 'out of memory',
  ETIMEDOUT: 'timed out',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EADDRINUSE: 'address already used',
  EADDRNOTAVAIL: 'address not available',
  EAFNOSUPPORT: 'address family not supported',
  ENAMETOOLONG: 'file name too long',
  ENOEXEC: 'exec format error',
  ENETUNREACH: 'network unreachable',
  EHOSTUNREACH: 'host unreachable'
}

/** A refusal of Node's permission model is a bug of ours or of the table of programs: it says what was asked for. */
const denied = (error: Error & { permission?: string; resource?: string }): string =>
  `denied by the permission model: ${error.permission || 'an action'} ${error.resource ?? ''}`.trimEnd()

/** What went wrong, for people: one line without a stack trace. */
export const reason = (error: unknown): string => {
  const code = errorCode(error)
  if (code === 'ERR_ACCESS_DENIED') return denied(error as Error)
  if (code !== undefined) return reasons[code] ?? code
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n[\s\S]*/, '')
}

/** The same for a failure nobody worded: a system error names the file it is about. */
export const explain = (error: unknown): string => {
  if (errorCode(error) === 'ERR_ACCESS_DENIED') return reason(error)
  const { path, dest, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException & { dest?: unknown }) : {}
  const file = syscall === 'chdir' ? dest : path
  return typeof file === 'string' ? `${file}: ${reason(error)}` : reason(error)
}

const temporaryCodes = new Set(
  `EINTR ENOMEM ETXTBSY EIO ETIMEDOUT EWOULDBLOCK EAGAIN EDEADLK EBUSY ENFILE EMFILE EFBIG ENOSPC ENETDOWN ENETUNREACH ENETRESET
  ECONNABORTED ECONNRESET ENOBUFS ETOOMANYREFS ECONNREFUSED EHOSTDOWN EHOSTUNREACH EUSERS EDQUOT ESTALE ENOLCK`.split(/\s+/)
)

/** Is this a system error of the temporary set (spec local-delivery.md, "Temporary errno set")? */
export const isTemporary = (error: unknown): boolean => temporaryCodes.has(errorCode(error) ?? '')
