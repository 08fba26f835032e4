import { isHostName } from '../format/host-name.ts'

const WILDCARD = '_'

/** The folders of servercerts/ that may hold a certificate for a name asked for by SNI, best first; none when no file name can be made of it. */
export const foldersFor = (name: string): string[] => {
  const host = name.toLowerCase()
  if (!isHostName(host)) return []
  const dot = host.indexOf('.')
  return dot < 0 ? [host] : [host, WILDCARD + host.slice(dot)]
}
