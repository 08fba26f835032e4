import { dirname, join, relative } from 'node:path'

/**
 * A page of the checkout as it is installed: its links lead to what is installed too (`places`: file of the checkout to file of the installation); of a link to
 * anything else only its words stay.
 */
export const installedPage = (text: string, from: string, to: string, places: ReadonlyMap<string, string>): string =>
  text.replace(/\[([^\]\n]+)\]\(([^)\s]+)\)/g, (link, words: string, target: string) => {
    if (/^([a-z]+:|#)/.test(target)) return link
    const [file = '', fragment] = target.split('#')
    const place = places.get(join(dirname(from), file).replace(/\/$/, ''))
    if (place === undefined) return words
    return `[${words}](${relative(dirname(to), place)}${fragment === undefined ? '' : `#${fragment}`})`
  })
