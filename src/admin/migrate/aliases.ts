import { type Bytes, lower } from '../../core/bytes.ts'
import type { Found } from './found.ts'
import { deliveryOf } from './items.ts'
import type { Source } from './source.ts'

/** Why mail for this local part would not reach an alias of it, if it would not. */
const ownedBy = (people: ReadonlySet<Bytes>, name: Bytes): Bytes | undefined => {
  if (people.has(name)) return name
  const dash = name.indexOf('-')
  const owner = dash > 0 ? name.slice(0, dash) : undefined
  return owner !== undefined && people.has(owner) ? owner : undefined
}

/** One alias of all local domains, unless an account goes before it. */
export const addAlias = (source: Source, found: Found, name: Bytes, value: Bytes, where: string): void => {
  const key = lower(name)
  const owner = ownedBy(source.people(), key)
  const delivery = deliveryOf(source, found, value, where)
  if (delivery.length === 0) return
  if (owner !== undefined) {
    const file = owner === key ? '.qmail' : `.qmail-${key.slice(owner.length + 1).replaceAll('.', ':')}`
    found.remarks.push(`${where}: mail for ${name} is the account ${owner}'s own: its ${file} would say ${delivery.join(' ')}`)
    return
  }
  if (/[/\0@]/.test(key)) found.remarks.push(`${where}: ${name} cannot be an alias here`)
  else found.aliases.set(key, delivery)
}

/** /etc/aliases and its like: `name: item, item`. `owner-NAME` also becomes what qmail looks for, NAME-owner. */
export const readAliases = (source: Source, found: Found, path: Bytes): void => {
  for (const line of source.logicalLines(path)) {
    const [, quoted, plain, value = ''] = /^(?:"([^"]*)"|([^:"]+?))\s*:\s*(.*)$/s.exec(line) ?? []
    const name = quoted ?? plain
    if (name === undefined) found.remarks.push(`${path}: cannot be read: ${line}`)
    else {
      addAlias(source, found, name, value, `${path}, ${name}`)
      const list = /^owner-(.+)$/i.exec(name)?.[1]
      if (list !== undefined) addAlias(source, found, `${list}-owner`, value, `${path}, ${name}`)
    }
  }
}
