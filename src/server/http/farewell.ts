import type { Socket } from 'node:net'
import type { EndReason } from '../../domain/session.ts'
import type { Milliseconds } from '../../domain/units.ts'

/** How long a client may take to receive what is queued for it, where it is not cut off. */
export const FINISH_WITHIN = { 'stream-ended': 10_000, shutdown: 1500 } as const satisfies Partial<
  Record<EndReason, Milliseconds>
>

/** Whether a client gets all that is queued for it: not the kicked, whose end means now, nor those who do not read. */
export function isProperEnd(reason: EndReason | 'slow'): reason is keyof typeof FINISH_WITHIN {
  return Object.hasOwn(FINISH_WITHIN, reason)
}

/** A viewer that closes its half of the connection has gone; what it sends is read and dropped. */
export function watchForEnd(socket: Socket): () => void {
  const destroy = () => void socket.destroy()
  socket.once('end', destroy)
  return () => socket.off('end', destroy)
}
