import { childOf, pause } from '../abort.ts'
import { OfferRefused } from '../webrtc.ts'
import { ENGINES } from './engines.ts'
import type { Entrance } from './entrance.ts'
import type { EngineName, Source } from './ports.ts'
import { Progress } from './progress.ts'
import type { Sound } from './sound.ts'

const LOOKS_EACH = 300
/** A picture that stands still for so long may mean that access has ended. */
const STILL = 1000
/** For so long, and the engine has to be started anew. */
const STUCK = 6000

/** `full`: the server takes no more viewers by this way. */
export type Outcome = 'no-picture' | 'full' | 'interrupted' | 'no-access'

export interface Stage {
  readonly video: HTMLVideoElement
  readonly sound: Sound
  readonly entrance: Entrance
  readonly source: Source
  /** The picture moves; called again and again. */
  onShown(): void
}

/** Plays by one engine until there is nothing more to see; `outer` ends it before. */
export async function attempt(
  name: EngineName,
  { video, sound, entrance, source, onShown }: Stage,
  outer: AbortSignal,
): Promise<Outcome> {
  const life = childOf(outer)
  const { signal } = life
  const { play, patience } = ENGINES[name]
  const end: { isOver: boolean; isShut?: boolean; refused?: unknown } = { isOver: false }
  const onEnd = () => {
    end.isOver = true
  }
  const onShut = () => {
    end.isShut = true
    life.abort()
  }
  const onRefused = (error: unknown) => {
    end.refused = error
    onEnd()
  }
  try {
    const progress = new Progress(video)
    void play(video, source, { signal, onEnd }).then(() => sound.start(), onRefused)
    for (;;) {
      await pause(LOOKS_EACH, signal)
      // Stopped in between: what is shown still, nobody is to be told of.
      if (signal.aborted || end.isOver) break
      // The browser lets nothing be shown before somebody presses.
      if (sound.blocked.value) progress.expectFromNow()
      const still = progress.stalledFor()
      if (still > (progress.shown ? STUCK : patience)) break
      if (!progress.shown) continue
      if (still < STILL) onShown()
      // The server may be the one that has gone, and then its answer never comes.
      else void entrance.isOver().then((isShut) => isShut && onShut())
    }
    if (end.isShut) return 'no-access'
    if (progress.shown) return 'interrupted'
    return end.refused instanceof OfferRefused && end.refused.code === 'TOO_MANY_CONNECTIONS' ? 'full' : 'no-picture'
  } finally {
    life.abort()
  }
}
