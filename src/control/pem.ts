const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

/** What a PEM text holds: its private keys and its certificates, each in the order written. Everything else (parameters, comments) is left out. */
export const pemParts = (text: string): { keys: string[]; certificates: string[] } => {
  const blocks = [...text.matchAll(BLOCK)].map(([block, label]) => ({ block: `${block}\n`, label: label ?? '' }))
  return {
    keys: blocks.filter(({ label }) => label.endsWith('PRIVATE KEY')).map(({ block }) => block),
    certificates: blocks.filter(({ label }) => label === 'CERTIFICATE').map(({ block }) => block)
  }
}
