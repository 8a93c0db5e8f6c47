import type { Peer } from '../../media/webrtc/ports.ts'
import type { Failure } from '../http/error-response.ts'
import { NOT_CONNECTED } from '../webrtc/exchange.ts'
import type { ExchangeDoor } from '../webrtc/exchange-door.ts'

export type Outcome = { readonly ok: true; readonly answer: string } | { readonly ok: false; readonly failure: Failure }

/** Answers one offer, once: with all of our candidates, for clients of WHIP are told none later. */
export class OfferDoor implements ExchangeDoor {
  readonly outcome: Promise<Outcome>
  onReady = (): void => {}
  #settle: (outcome: Outcome) => void = () => {}

  constructor() {
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  ready(): void {
    this.onReady()
  }

  answer(peer: Peer): void {
    void peer.gathered().then((answer) => this.#settle({ ok: true, answer }))
  }

  failed(failure: Failure): void {
    this.#settle({ ok: false, failure })
  }

  /** The exchange is over, whoever ended it: nobody shall wait for an answer. */
  over(): void {
    this.failed(NOT_CONNECTED)
  }

  started(): void {}
  offer(): void {}
  candidate(): void {}
  untimely(): void {}
  finished(): void {}
}
