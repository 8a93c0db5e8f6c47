import type { TokenType } from '../../domain/token.ts'
import type { Milliseconds } from '../../domain/units.ts'
import { isMedia, MESSAGE } from './message.ts'

export interface RtmpLimits {
  /** To finish handshake and command. */
  readonly commandTimeout: Milliseconds
  /** How long a publisher may be silent. */
  readonly publisherIdle: Milliseconds
  /** How long a client that was told to go may stay connected. */
  readonly closingTimeout: Milliseconds
  /** Connections at a time. */
  readonly connections: number
}

export const DEFAULT_LIMITS: RtmpLimits = {
  commandTimeout: 10_000,
  publisherIdle: 20_000,
  closingTimeout: 1_500,
  connections: 20_000,
}

const KIB = 1024
const MIB = 1024 * KIB
const LARGEST_COMMAND = 64 * KIB
const LARGEST_DATA = MIB
const LARGEST_MEDIA = 8 * MIB

/** What may wait for the gate's answer. */
export const LARGEST_QUEUE = MIB

/** How far a client is. */
export type Phase = 'open' | 'pending' | 'active'

/** The largest message of `type` that a client may send, in bytes; media only where a publisher may send it. */
export function largestMessage(type: number, phase: Phase, role: TokenType | undefined): number {
  if (!isMedia(type)) return LARGEST_COMMAND
  if (role !== 'publish' || phase === 'open') return 0
  if (phase === 'pending') return LARGEST_QUEUE
  return type === MESSAGE.dataAmf0 || type === MESSAGE.dataAmf3 ? LARGEST_DATA : LARGEST_MEDIA
}

/** What all messages that are under way may take together, in bytes. */
export function largestTotal(phase: Phase, role: TokenType | undefined): number {
  if (role !== 'publish' || phase === 'open') return 2 * LARGEST_COMMAND
  return phase === 'active' ? 16 * MIB : LARGEST_QUEUE
}

/** A client with more than this to read, in bytes, is not reading; a player's media has limits of its own. */
export function mostUnread(phase: Phase, role: TokenType | undefined): number {
  return phase === 'active' && role === 'play' ? 10 * MIB : 256 * KIB
}
