import { setTimeout as pause } from 'node:timers/promises'
import type { SecretHash } from '../../domain/secret.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { RedisContext } from './context.ts'
import { slotOf } from './keys.ts'

const AGAIN: Milliseconds = 5000
/** How long who closes waits for a connection that may be back at any moment. */
const PARTING: Milliseconds = 1000
const GLANCE: Milliseconds = 20

/** Takes back holds and spends whose answers got lost: whoever was sent away must find the token unspent. */
export class Undoing {
  readonly #context: RedisContext
  readonly #uncertain = new Map<string, { readonly hash: SecretHash; readonly session: string }>()

  constructor(context: RedisContext) {
    this.#context = context
    context.client.onReady(() => {
      for (const holder of this.#uncertain.keys()) void this.#try(holder)
    })
  }

  /** At once, or as soon as the server is there again. */
  undo(hash: SecretHash, holder: string, session: string): void {
    this.#uncertain.set(holder, { hash, session })
    void this.#try(holder)
  }

  /** Resolves when all is taken back, or cannot be for now. */
  async close(): Promise<void> {
    for (let left = PARTING; left > 0 && this.#uncertain.size > 0; left -= GLANCE) await pause(GLANCE)
  }

  async #try(holder: string): Promise<void> {
    const spend = this.#uncertain.get(holder)
    if (!spend) return
    const { client, times, retention } = this.#context
    const args = [...times(), holder, spend.session, retention()]
    try {
      await client.run('amsctlUndo', slotOf(spend.hash), args)
      this.#uncertain.delete(holder)
    } catch {
      if (!client.isClosed) setTimeout(() => void this.#try(holder), AGAIN).unref()
    }
  }
}
