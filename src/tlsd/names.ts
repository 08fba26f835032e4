const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const ADDRESS = /^[0-9.]+$/
const MAX_BYTES = 253
const WILDCARD = '_'

/** The folders of servercerts/ that may hold a certificate for a name asked for by SNI, best first; none when no file name can be made of it (spec modern.md, third rule). */
export const foldersFor = (name: string): string[] => {
  const host = name.toLowerCase()
  if (host.length > MAX_BYTES || !HOST.test(host) || ADDRESS.test(host)) return []
  const dot = host.indexOf('.')
  return dot < 0 ? [host] : [host, WILDCARD + host.slice(dot)]
}
