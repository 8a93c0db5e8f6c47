import type { Socket } from 'node:net'
import type { LiveStream, Seat } from '../../media/ports.ts'
import type { Admission } from '../../services/access-control.ts'
import type { Message } from './message.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Role } from './role.ts'

export class Player implements Role {
  readonly #admission: Admission
  readonly #seat: Seat

  constructor(
    stream: LiveStream,
    admission: Admission,
    socket: Socket,
    onEnd: (reason: 'stream-ended' | 'slow') => void,
  ) {
    this.#admission = admission
    this.#seat = stream.join({
      format: 'rtmp',
      socket,
      onEnd: (reason) => {
        admission.leave(reason === 'slow' ? 'lost' : 'stream-ended')
        onEnd(reason)
      },
    })
  }

  get bytes(): number {
    return this.#seat.bytes
  }

  receive(_message: Message): void {
    throw new ProtocolError('media from a player')
  }

  left(how: 'ended' | 'lost'): void {
    this.#seat.leave()
    this.#admission.leave(how)
  }

  dismiss(): void {
    this.#seat.leave()
  }
}
