import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Packages once fetched; `make clean` takes them away. */
const CACHE = join(import.meta.dirname, '..', 'build', 'debs')

/** Why a mail server cannot be measured here. */
export class Absent extends Error {}

/** A command's output; Absent, with its last words, when it fails. */
const said = (command: string, args: string[], cwd?: string): string => {
  const r = spawnSync(command, args, { encoding: 'utf8', cwd })
  if (r.status !== 0) throw new Absent(`${command}: ${r.error?.message ?? r.stderr.trim().split('\n').at(-1)}`)
  return r.stdout
}

/** Who asks apt-get does not wait long for a network that is not there. */
const IMPATIENT = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=20', '-o', 'APT::Sandbox::User=root']

/** The package file, fetched if need be. */
const fetched = (name: string): string => {
  mkdirSync(CACHE, { recursive: true })
  const find = (): string | undefined => readdirSync(CACHE).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'))
  if (!find()) said('apt-get', ['-qq', ...IMPATIENT, 'download', name], CACHE)
  const file = find()
  if (!file) throw new Absent(`apt-get has no package ${name}`)
  return join(CACHE, file)
}

const isInstalled = (name: string): boolean => /^Status: install ok installed$/m.test(spawnSync('dpkg-query', ['-s', name], { encoding: 'utf8' }).stdout)

/** The packages of shared libraries that a package depends on. */
const librariesOf = (file: string): string[] =>
  [...said('dpkg-deb', ['-f', file, 'Depends']).matchAll(/(?:^|,)\s*(lib[a-z0-9.+-]+)/g)].flatMap(([, name]) => name ?? [])

/** Lays a package, and the libraries it needs that are not installed. */
const lay = (name: string, folder: string, laid: Set<string>): void => {
  laid.add(name)
  const file = fetched(name)
  said('dpkg-deb', ['-x', file, folder])
  for (const library of librariesOf(file)) if (!laid.has(library) && !isInstalled(library)) lay(library, folder, laid)
}

/** A package of Debian's, laid in a folder without its maintainer scripts, for mail servers cannot be installed beside each other: their packages all bring /usr/sbin/sendmail. */
export interface Unpacked {
  version: string
  /** For /etc: where the machine's libraries are, and those unpacked. Not $LD_LIBRARY_PATH: setuid programs do not hear of it. */
  ldSoCache: string
}

/** Fetches and lays a package, setuid bits as they are in it (unlike those that .ci/unpack lays for the tests, which are not measured). Throws Absent when it cannot be had. */
export const unpack = (name: string, folder: string): Unpacked => {
  lay(name, folder, new Set())
  const parts = readdirSync(folder, { recursive: true, withFileTypes: true })
  const places = new Set(parts.filter((part) => /\.so(\.|$)/.test(part.name)).map((part) => part.parentPath))
  const [conf, ldSoCache] = [`${folder}.ld.so.conf`, `${folder}.ld.so.cache`]
  writeFileSync(conf, ['include /etc/ld.so.conf', ...places, ''].join('\n'))
  said('ldconfig', ['-X', '-f', conf, '-C', ldSoCache], dirname(folder))
  return { version: said('dpkg-deb', ['-f', fetched(name), 'Version']).trim(), ldSoCache }
}
