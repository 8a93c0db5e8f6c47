import { LARGEST_QUEUE } from './limits.ts'
import type { Message } from './message.ts'
import { ProtocolError } from './protocol-error.ts'

/** What a message costs besides its payload. */
const OVERHEAD = 128

/** Messages that came before the gate had answered. */
export class MessageQueue {
  #messages: Message[] = []
  #bytes = 0

  add(message: Message): void {
    this.#bytes += message.payload.length + OVERHEAD
    if (this.#bytes > LARGEST_QUEUE) throw new ProtocolError('too much sent before the answer')
    this.#messages.push(message)
  }

  /** Empties the queue and returns what was in it. */
  take(): Message[] {
    const messages = this.#messages
    this.#messages = []
    this.#bytes = 0
    return messages
  }
}
