import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { DoorName } from '../spawn/handover.ts'

export const doorPath = (home: string, name: DoorName): string => join(home, 'run', 'smtpd', name)

/** Connects to a Unix socket; paused, to be handed on. Undefined when nobody listens there. */
export const connectTo = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('error', () => resolve(undefined))
    socket.once('connect', () => {
      socket.pause()
      resolve(socket)
    })
  })

/** Connects to a helper; undefined when there is none now. */
export const openDoor = (home: string, name: DoorName): Promise<Socket | undefined> => connectTo(doorPath(home, name))
