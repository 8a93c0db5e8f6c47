import type { AccessRequest, Refusal } from '../../src/domain/access.ts'
import type { Session } from '../../src/domain/session.ts'
import type { AccessControl, Admission, Attempt, Connection } from '../../src/services/access-control.ts'

/** A gate that lets `?token=good` in, and fails the test when a server uses it wrongly. */
export class FakeAccess implements AccessControl {
  /** What was asked of the gate, in order. */
  readonly events: string[] = []
  readonly requests: AccessRequest[] = []
  readonly connections: Connection[] = []
  /** The answers wait for these. */
  beforeReserve: Promise<unknown> = Promise.resolve()
  beforeSpend: Promise<unknown> = Promise.resolve()
  /** What `spend` refuses with, where it shall. */
  spendRefusal: Refusal | undefined

  async peek(): Promise<never> {
    throw new Error('peek should not be called')
  }

  async visit(): Promise<never> {
    throw new Error('visit should not be called')
  }

  async reserve(request: AccessRequest): Promise<Attempt | Refusal> {
    this.requests.push(request)
    this.events.push(`reserve ${request.type} ${request.app}/${request.streamId}`)
    await this.beforeReserve
    const { credential } = request
    if (credential?.kind === 'token' && credential.secret === 'good') return this.#attempt()
    if (credential?.kind === 'token') return refusal('TOKEN_UNKNOWN', 'unknown token')
    if (credential?.kind === 'malformed') return refusal('TOKEN_MALFORMED', 'malformed token')
    return refusal('TOKEN_MISSING', `a token is needed to ${request.type}: add ?token=…`)
  }

  #attempt(): Attempt {
    let over = false
    const finish = (how: string) => {
      if (over) throw new Error(`${how} of an attempt that is over`)
      over = true
      this.events.push(how)
    }
    return {
      ok: true,
      release: () => finish('release'),
      keep: () => {
        throw new Error('keep should not be called')
      },
      spend: async (connection) => {
        finish('spend')
        this.connections.push(connection)
        await this.beforeSpend
        return this.spendRefusal ?? this.#admission()
      },
    }
  }

  #admission(): Admission {
    let left = false
    const leave = (how: string) => {
      if (!left) this.events.push(`leave ${how}`)
      left = true
    }
    return { ok: true, session: SESSION, leave }
  }
}

export function refusal(code: Refusal['code'], message: string): Refusal {
  return { ok: false, code, message, tokenId: null }
}

const SESSION: Session = {
  id: 'ss_000000000000',
  tokenHash: null,
  tokenId: null,
  app: 'LiveApp',
  streamId: 'cam',
  type: 'play',
  protocol: 'rtmp',
  address: '127.0.0.1',
  userAgent: null,
  since: 0,
  secretHash: null,
  ip: null,
  endsAt: null,
  lastSeen: 0,
  lostAt: null,
}
