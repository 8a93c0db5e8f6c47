import type { Milliseconds, Seconds, UnixSeconds } from '../../domain/units.ts'
import type { RedisClient } from './client.ts'

/** What all parts of one opened store share. */
export interface RedisContext {
  readonly client: RedisClient
  /** The name of this machine's daemon; commands have none. */
  readonly node: string | null
  /** By this machine's clock. */
  readonly now: () => UnixSeconds
  /** What scripts take for the time, in seconds and in milliseconds; empty: what the server's clock says. */
  readonly times: () => readonly [UnixSeconds | '', Milliseconds | '']
  /** For how long the server keeps an ended token that nobody forgets. */
  readonly retention: () => Seconds
  /** The channel on which nodes hear of each other. */
  readonly events: string
}
