import type { Exchange } from './exchange.ts'
import { MOST_EARLY_CANDIDATES } from './limits.ts'

interface EarlyCandidate {
  readonly streamId: string
  readonly candidate: string
  readonly mid: string
}

/** Candidates that came before the command that they belong to. */
export class EarlyCandidates {
  #kept: EarlyCandidate[] = []

  keep(candidate: EarlyCandidate): void {
    if (this.#kept.length < MOST_EARLY_CANDIDATES) this.#kept.push(candidate)
  }

  handTo(exchange: Exchange): void {
    const { streamId } = exchange
    const early = this.#kept.filter((each) => each.streamId === streamId)
    this.#kept = this.#kept.filter((each) => each.streamId !== streamId)
    for (const { candidate, mid } of early) exchange.addCandidate(candidate, mid)
  }
}
