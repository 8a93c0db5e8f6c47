import { MOST_CANDIDATES, usableCandidate } from './candidates.ts'

type Use = (candidate: string, mid: string) => void

/** What the other side gives of candidates: held until it is described, no more than anybody needs, and only of use. */
export class RemoteCandidates {
  readonly #use: Use
  #queued: (() => void)[] | undefined = []
  #count = 0

  constructor(use: Use) {
    this.#use = use
  }

  add(candidate: string, mid: string): void {
    if (!usableCandidate(candidate) || this.#count >= MOST_CANDIDATES) return
    this.#count += 1
    if (this.#queued === undefined) this.#use(candidate, mid)
    else this.#queued.push(() => this.#use(candidate, mid))
  }

  /** The other side is described. */
  open(): void {
    const queued = this.#queued ?? []
    this.#queued = undefined
    for (const use of queued) use()
  }
}
