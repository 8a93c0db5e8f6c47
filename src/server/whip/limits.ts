import type { Milliseconds } from '../../domain/units.ts'
import { DEFAULT_HALF_OPEN, type HalfOpenLimits } from '../webrtc/half-open.ts'

export interface WhipLimits extends HalfOpenLimits {
  /** From the offer until media may flow; no longer than the gate holds a token. */
  readonly negotiation: Milliseconds
}

export const DEFAULT_LIMITS: WhipLimits = { negotiation: 15_000, ...DEFAULT_HALF_OPEN }
