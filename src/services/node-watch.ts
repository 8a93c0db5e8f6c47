import type { Session } from '../domain/session.ts'
import type { Seconds } from '../domain/units.ts'
import type { NodeEvent, NodeListener, SharedStore } from './nodes.ts'
import type { Clock, SessionStore, TokenStore } from './ports.ts'
import type { Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'

/** What began within this may be on its way to the store. */
const SETTLING: Seconds = 10

interface Dependencies {
  readonly node: string
  readonly shared: SharedStore
  readonly store: SessionStore
  readonly tokens: TokenStore
  readonly sessions: Sessions
  readonly settings: Settings
  readonly clock: Clock
  readonly answer: (question: unknown) => Promise<unknown>
}

/** Brings to this node what is done on others. */
export class NodeWatch implements NodeListener {
  readonly #parts: Dependencies

  constructor(parts: Dependencies) {
    this.#parts = parts
  }

  hear(event: NodeEvent): void {
    const { sessions, settings } = this.#parts
    switch (event.kind) {
      case 'revoked':
        sessions.endOfTokens([event.hash], 'revoked')
        return
      case 'ended':
        sessions.drop(event.id, 'kicked')
        return
      case 'moved':
        // Where it cannot be asked for, that is made up for with the next catching up.
        this.#handOver(event.id).catch(() => undefined)
        return
      case 'configuration':
        // The old ones stay in force where it cannot be read; it is read again with the next catching up.
        settings.reload().catch(() => undefined)
    }
  }

  async catchUp(): Promise<void> {
    const { node, shared, store, sessions, settings, clock } = this.#parts
    // Where they cannot be read the old ones stay in force, and what was revoked ends all the same.
    const reloaded = settings.reload()
    await reloaded.catch(() => undefined)
    const before = clock.now() - SETTLING
    const stored = await shared.sessions.everywhere()
    // After the store was asked: one that was revoked as it was being written is among them.
    const known = sessions.written()
    const whose = new Map(stored.map((found) => [found.session.id, found.node]))
    for (const session of known) {
      if (whose.get(session.id) !== node) await this.#correct(session, session.since < before)
    }
    for (const { node: owner, session } of stored) {
      if (owner === node && session.since < before && !sessions.has(session.id)) store.remove(session.id)
    }
    await reloaded
  }

  answer(question: unknown): Promise<unknown> {
    return this.#parts.answer(question)
  }

  inherit(sessions: readonly Session[]): void {
    this.#parts.sessions.inherit(sessions)
  }

  /** Of several who take a session over at once, the one that the store names by then has it. */
  async #handOver(id: string): Promise<void> {
    const { node, shared, sessions } = this.#parts
    if (!sessions.has(id)) return
    const connection = sessions.connectionOf(id)
    const found = await shared.sessions.withId(id)
    // Whoever came here meanwhile takes it over in turn.
    if (found && found.node !== node && sessions.holds(id, connection)) sessions.handOver(id, found.session.secretHash)
  }

  /** Ends or hands over a session of which the store says something else. */
  async #correct(session: Session, isSettled: boolean): Promise<void> {
    const { id, tokenHash, secretHash } = session
    const { node, shared, tokens, sessions, settings } = this.#parts
    const connection = sessions.connectionOf(id)
    const found = await shared.sessions.withId(id)
    if (found?.node === node) return
    if (found && !isSettled) return
    if (found) {
      // Who took this node for dead has taken its connections for lost.
      if (found.session.lostAt !== null && sessions.reclaim(id)) return
      if (sessions.holds(id, connection)) sessions.handOver(id, found.session.secretHash)
      return
    }
    // The token may be kept no more, so it alone cannot tell.
    const reason = await shared.sessions.endOf(session)
    if (reason) {
      sessions.drop(id, reason)
      return
    }
    const token = await tokens.findByHash(tokenHash ?? '')
    // A store that lost what it knew has revoked nothing.
    if (!token) return
    if (token.revokedAt !== null) sessions.drop(id, 'revoked')
    else if (!isSettled) return
    // A connection that nobody can resume elsewhere is kicked here or nowhere: it was taken for lost, and is not.
    else if (secretHash !== null || settings.values['reconnect-grace'] > 0) sessions.drop(id, 'kicked')
  }
}
