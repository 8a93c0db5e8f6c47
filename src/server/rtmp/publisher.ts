import type { EndReason } from '../../domain/session.ts'
import { parsePacket } from '../../media/packet.ts'
import type { Publication } from '../../media/ports.ts'
import type { Admission } from '../../services/access-control.ts'
import { type Message, tagsOf } from './message.ts'
import type { Role } from './role.ts'

/** Reasons after which the same publisher may be back at once: viewers wait for it. */
const PASSING: readonly EndReason[] = ['lost', 'replaced']

export class Publisher implements Role {
  bytes = 0
  readonly #publication: Publication
  readonly #admission: Admission

  constructor(publication: Publication, admission: Admission) {
    this.#publication = publication
    this.#admission = admission
  }

  receive(message: Message): void {
    this.bytes += message.payload.length
    for (const { kind, timestamp, body } of tagsOf(message)) {
      const packet = parsePacket(kind, timestamp, body)
      if (packet) this.#publication.push(packet)
    }
  }

  left(how: 'ended' | 'lost'): void {
    this.#stop(how)
    this.#admission.leave(how)
  }

  dismiss(reason: EndReason): void {
    this.#stop(PASSING.includes(reason) ? 'lost' : 'ended')
  }

  #stop(how: 'ended' | 'lost'): void {
    if (how === 'lost') this.#publication.lose()
    else this.#publication.end()
  }
}
