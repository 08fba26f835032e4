const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const HOST = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const ADDRESS = /^[0-9.]+$/
const MAX_BYTES = 253

/** Is this a host name, in lower case, of which a file name may be made (spec modern.md, third rule)? Addresses are none. */
export const isHostName = (name: string): boolean => name.length <= MAX_BYTES && HOST.test(name) && !ADDRESS.test(name)
