import { readFileSync } from 'node:fs'
import type { Bytes } from '../core/bytes.ts'

const MAX_PORT = 65_535

/** The port a tcp service of /etc/services has. */
export const serviceIn = (services: string, name: Bytes): number | undefined => {
  for (const line of services.split('\n')) {
    const [first, where, ...aliases] = (line.split('#', 1)[0] ?? '').split(/\s+/)
    const port = /^([0-9]+)\/tcp$/.exec(where ?? '')?.[1]
    if (port !== undefined && (first === name || aliases.includes(name))) return Number(port)
  }
  return undefined
}

/** A port by number or by service name; undefined if there is none. */
export const portOf = (text: Bytes): number | undefined => {
  if (/^[0-9]+$/.test(text)) return Number(text) <= MAX_PORT ? Number(text) : undefined
  try {
    return serviceIn(readFileSync('/etc/services', 'latin1'), text)
  } catch {
    return undefined // without the file no name has a port
  }
}
