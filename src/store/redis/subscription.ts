import type { Redis } from 'ioredis'
import type { Milliseconds } from '../../domain/units.ts'

/** How often who only listens makes sure that there is somebody to be heard. */
const ROLL_CALL: Milliseconds = 5000

/**
 * A connection beside `redis` that is sent every message on `channels`; `onAgain` when some may have been missed.
 * Returns how to end it.
 */
export async function subscribeTo(
  redis: Redis,
  channels: readonly string[],
  onMessage: (channel: string, text: string) => void,
  onAgain: () => void,
): Promise<() => void> {
  // The first time waits for the connection. What the library subscribes to by itself at a return of it has nobody who
  // hears of its failure, which would end the process.
  const subscriber = redis.duplicate({ enableOfflineQueue: true, lazyConnect: false, autoResubscribe: false })
  subscriber.on('error', () => undefined)
  subscriber.on('message', onMessage)
  let hears = false
  subscriber.on('close', () => {
    hears = false
  })
  const subscribe = async () => {
    await subscriber.subscribe(...channels)
    const heard = hears
    hears = true
    return heard
  }
  await subscribe().catch((error) => {
    subscriber.disconnect()
    throw error
  })
  const call = () => {
    if (subscriber.status !== 'ready') return
    subscribe().then(
      (heard) => heard || onAgain(),
      (error) => dropSilent(subscriber, error),
    )
  }
  subscriber.on('ready', call)
  const rollCall = setInterval(call, ROLL_CALL).unref()
  return () => {
    clearInterval(rollCall)
    subscriber.disconnect()
  }
}

/** Of a connection whose other end is gone without a word TCP knows only after many minutes. */
export function dropSilent(redis: Redis, error: unknown): void {
  if (error instanceof Error && error.message === 'Command timed out') redis.disconnect(true)
}
