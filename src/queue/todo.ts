import type { Bytes } from '../core/bytes.ts'

/** What an envelope file of todo/ says (spec queue.md 1.2). */
export interface Todo {
  uid: number
  pid: number
  /** Undefined: there was no `F` record. */
  sender: Bytes | undefined
  recipients: Bytes[]
  /** False: it holds a record of another kind; what stands before it has been read. */
  isValid: boolean
}

const number = (digits: Bytes): number => Number(/^[0-9]+/.exec(digits)?.[0] ?? 0)

/** Reads an envelope file. A piece at the end without its NUL does not count. */
export const parseTodo = (bytes: Bytes): Todo => {
  const todo: Todo = { uid: 0, pid: 0, sender: undefined, recipients: [], isValid: true }
  for (let at = 0, end = bytes.indexOf('\0'); end >= 0; at = end + 1, end = bytes.indexOf('\0', at)) {
    const value = bytes.slice(at + 1, end)
    switch (at === end ? '' : bytes[at]) {
      case 'T':
        todo.recipients.push(value)
        break
      case 'F':
        todo.sender ??= value
        break
      case 'u':
        todo.uid = number(value)
        break
      case 'p':
        todo.pid = number(value)
        break
      default:
        return { ...todo, isValid: false }
    }
  }
  return todo
}
