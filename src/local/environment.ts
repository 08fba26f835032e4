import type { Bytes } from '../core/bytes.ts'
import type { Env } from '../core/run.ts'
import type { Job } from './job.ts'
import type { HeaderLines } from './lines.ts'

const beforeLastDot = (host: Bytes): Bytes => (host.includes('.') ? host.slice(0, host.lastIndexOf('.')) : host)
const afterDash = (ext: Bytes): Bytes => (ext.includes('-') ? ext.slice(ext.indexOf('-') + 1) : '')

/**
 * The environment of the programs a delivery runs: what was inherited, and the job's own variables (spec local-delivery.md 3.6).
 * `matched` is DEFAULT; undefined leaves an inherited one alone.
 */
export const environmentOf = (inherited: Env, job: Job, lines: HeaderLines, newSender: Bytes, matched: Bytes | undefined): Env => {
  const [host2, ext2] = [beforeLastDot(job.domain), afterDash(job.ext)]
  const [host3, ext3] = [beforeLastDot(host2), afterDash(ext2)]
  return {
    ...inherited,
    SENDER: job.sender,
    NEWSENDER: newSender,
    RECIPIENT: `${job.local}@${job.domain}`,
    USER: job.user,
    HOME: job.homedir,
    HOST: job.domain,
    HOST2: host2,
    HOST3: host3,
    HOST4: beforeLastDot(host3),
    LOCAL: job.local,
    EXT: job.ext,
    EXT2: ext2,
    EXT3: ext3,
    EXT4: afterDash(ext3),
    DTLINE: lines.deliveredTo,
    RPLINE: lines.returnPath,
    UFLINE: lines.from,
    ...(matched === undefined ? {} : { DEFAULT: matched })
  }
}
