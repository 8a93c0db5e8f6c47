import type { StreamName } from '../../../services/daemon-operations.ts'

/** A session moves to the newest connection, so the older tab must not fetch it back. */
const RECENTLY = 15_000

/** Tells the tabs of one browser that play the same stream of each other. */
export class Tabs {
  readonly #channel: BroadcastChannel | null
  #elsewhereAt = Number.NEGATIVE_INFINITY

  constructor({ app, streamId }: StreamName) {
    this.#channel = openChannel(`amsctl play ${app}/${streamId}`)
    this.#channel?.addEventListener('message', () => {
      this.#elsewhereAt = performance.now()
    })
  }

  /** This tab plays from now on. */
  claim(): void {
    this.#elsewhereAt = Number.NEGATIVE_INFINITY
    this.#channel?.postMessage('claim')
  }

  /** Whether another tab has begun to play lately. */
  isElsewhere(): boolean {
    return performance.now() - this.#elsewhereAt < RECENTLY
  }

  close(): void {
    this.#channel?.close()
  }
}

/** Null where the browser lets a page keep nothing, for which some have no channels either: then no two tabs share a session. */
function openChannel(name: string): BroadcastChannel | null {
  try {
    return new BroadcastChannel(name)
  } catch {
    return null
  }
}
