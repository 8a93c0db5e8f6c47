import type { EndReason } from '../../domain/session.ts'
import type { Message } from './message.ts'

/** What an admitted client does on its connection. */
export interface Role {
  /** Bytes of media delivered or received. */
  readonly bytes: number
  /** Media from the client. */
  receive(message: Message): void
  /** The client has left by itself: cleanly, or its connection broke. */
  left(how: 'ended' | 'lost'): void
  /** Says goodbye in the protocol's words; the gate has ended the session. */
  dismiss(reason: EndReason): void
}

/** Why a session ended, for the person at the other end. */
export function describeEnd(reason: EndReason): string {
  switch (reason) {
    case 'kicked':
      return 'ended by an administrator'
    case 'revoked':
      return 'the token was revoked'
    case 'expired':
      return 'the session has reached its time limit'
    case 'replaced':
      return 'replaced by a newer connection'
    case 'shutdown':
      return 'the server is shutting down'
    default:
      return 'the session has ended'
  }
}
