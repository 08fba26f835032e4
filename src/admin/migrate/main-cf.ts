import { type Bytes, lower } from '../../core/bytes.ts'
import type { Source } from './source.ts'

export const MAIN_CF = '/etc/postfix/main.cf'
/** Tables whose text is a file beside the compiled one. */
const TEXT_TABLES = ['hash', 'btree', 'lmdb', 'cdb', 'dbm', 'sdbm', 'texthash']
const MAX_NESTING = 20

/** Postfix's main.cf: settings by their names, `$name` in them replaced; what is not set has Postfix's default, as far as it matters here. */
export class MainCf {
  readonly #source: Source
  readonly #values: Map<Bytes, Bytes>
  /** What a list or table could not be read from: told to this. */
  readonly #remark: (text: string) => void

  constructor(source: Source, host: Bytes, remark: (text: string) => void) {
    this.#source = source
    this.#remark = remark
    this.#values = new Map([
      ['myhostname', host],
      ['mydestination', '$myhostname, localhost.$mydomain, localhost'],
      ['myorigin', '$myhostname'],
      ['alias_maps', 'hash:/etc/aliases'],
      ['message_size_limit', '10240000'],
      ['mynetworks', '127.0.0.0/8 [::1]/128'],
      ['virtual_alias_domains', '$virtual_alias_maps']
    ])
    for (const line of source.logicalLines(MAIN_CF)) {
      const [, name, value = ''] = /^([A-Za-z0-9_]+)\s*=\s*(.*)$/s.exec(line) ?? []
      if (name === undefined) remark(`${MAIN_CF}: cannot be read: ${line}`)
      else this.#values.set(name, value.trim())
    }
    const dot = this.get('myhostname').indexOf('.')
    if (!this.#values.has('mydomain')) this.#values.set('mydomain', dot < 0 ? 'localdomain' : this.get('myhostname').slice(dot + 1))
  }

  /** All that is set, in its order. */
  names(): Bytes[] {
    return [...this.#values.keys()]
  }

  /** A setting's value; empty where it is not set. */
  get(name: Bytes, depth = 0): Bytes {
    const raw = this.#values.get(name) ?? ''
    if (depth > MAX_NESTING) return raw
    return raw.replace(/\$(?:\{(\w+)\}|\((\w+)\)|(\w+))/g, (_, a?: string, b?: string, c?: string) => this.get(a ?? b ?? c ?? '', depth + 1))
  }

  /** The words of a list: those of files it names by an absolute path, and the keys of tables, too. */
  list(name: Bytes): Bytes[] {
    return this.get(name)
      .split(/[\s,]+/)
      .filter(Boolean)
      .flatMap((word) => {
        if (word.startsWith('!')) {
          this.#remark(`${MAIN_CF}: ${name}: ${word}: there are no exceptions in lists here`)
          return []
        }
        if (word.startsWith('/')) return this.#source.lines(word).flatMap((line) => line.split(/[\s,]+/))
        return /^[a-z]+:/.test(word) && !/^[0-9a-f:]+(\/|$)/i.test(word) ? this.tableOf(name, word).map(([key]) => key) : [word]
      })
  }

  /** The entries of the tables a setting names; keys in lower case. */
  tables(name: Bytes): [key: Bytes, value: Bytes][] {
    return this.get(name)
      .split(/[\s,]+/)
      .filter(Boolean)
      .flatMap((word) => this.tableOf(name, word))
  }

  /** The files of alias tables. */
  aliasFiles(): Bytes[] {
    return this.get('alias_maps')
      .split(/[\s,]+/)
      .filter(Boolean)
      .flatMap((word) => {
        const [type = '', path = ''] = word.replace(/^proxy:/, '').split(/:(.*)/s)
        if (TEXT_TABLES.includes(type) && path.startsWith('/')) return [path]
        this.#remark(`${MAIN_CF}: alias_maps: ${word}: only tables with a text file are read`)
        return []
      })
  }

  /** The entries of one table, as `type:path`. */
  tableOf(name: Bytes, word: Bytes): [key: Bytes, value: Bytes][] {
    const [type = '', path = ''] = word.replace(/^proxy:/, '').split(/:(.*)/s)
    if (!TEXT_TABLES.includes(type) || !path.startsWith('/')) {
      this.#remark(`${MAIN_CF}: ${name}: ${word}: only tables with a text file are read`)
      return []
    }
    return this.#source.table(path).map(([key, value]) => [lower(key), value])
  }
}
