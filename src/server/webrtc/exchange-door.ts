import type { Candidate, Peer } from '../../media/webrtc/ports.ts'
import type { Failure } from '../http/error-response.ts'
import type { Phase } from './exchange.ts'

/** How an exchange speaks to its client, in whatever protocol that signals. */
export interface ExchangeDoor {
  /** A publisher may offer now. */
  ready(): void
  /** The answer to what the client offered. */
  answer(peer: Peer & { readonly answer: string }): void
  /** `tracks`: mid → label. */
  offer(sdp: string, tracks: Readonly<Record<string, string>>): void
  /** One of ours. */
  candidate(candidate: Candidate): void
  /** An offer came in a phase that takes none. */
  untimely(phase: Phase): void
  /** Media flows. */
  started(): void
  /** Media flows no more. */
  finished(): void
  /** It is over before any media flowed. */
  failed(failure: Failure): void
}
