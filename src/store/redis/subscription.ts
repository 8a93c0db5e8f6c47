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
  // To subscribe waits for the connection, and is done again at every return of it.
  const subscriber = redis.duplicate({ enableOfflineQueue: true, lazyConnect: false })
  subscriber.on('error', () => undefined)
  subscriber.on('message', onMessage)
  await subscriber.subscribe(...channels).catch((error) => {
    subscriber.disconnect()
    throw error
  })
  const ping = (onAnswer: () => void) => {
    if (subscriber.status === 'ready') subscriber.ping().then(onAnswer, (error) => dropSilent(subscriber, error))
  }
  // Whoever answers this has subscribed before.
  subscriber.on('ready', () => ping(onAgain))
  const rollCall = setInterval(() => ping(() => undefined), ROLL_CALL).unref()
  return () => {
    clearInterval(rollCall)
    subscriber.disconnect()
  }
}

/** Of a connection whose other end is gone without a word TCP knows only after many minutes. */
export function dropSilent(redis: Redis, error: unknown): void {
  if (error instanceof Error && error.message === 'Command timed out') redis.disconnect(true)
}
