import type { Milliseconds } from '../../domain/units.ts'

export interface WhipLimits {
  /** From the offer until media may flow; no longer than the gate holds a token. */
  readonly negotiation: Milliseconds
  /** Sessions that have not connected yet, of all clients and of one address. */
  readonly mostNegotiating: number
  readonly mostOfAddress: number
}

export const DEFAULT_LIMITS: WhipLimits = { negotiation: 15_000, mostNegotiating: 500, mostOfAddress: 64 }
