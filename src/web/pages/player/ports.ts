import type { StreamName } from '../../../services/daemon-operations.ts'

export type EngineName = 'webrtc' | 'hls' | 'flv'

/** Where an engine gets its media. */
export interface Source extends StreamName {
  /** Secret of the session that is held here; null: a cookie holds it, or none is needed. */
  readonly session: string | null
}

export interface EngineLife {
  /** Aborts when the engine shall stop and let go of the video. */
  readonly signal: AbortSignal
  /** The engine has nothing more to show; called any number of times. */
  onEnd(): void
}

/** One way to play. Resolves when the video has its source; rejects where this browser or stream is not for it. */
export type Engine = (video: HTMLVideoElement, source: Source, life: EngineLife) => Promise<void>

/** What a person is told. */
export interface Words {
  readonly title: string
  readonly detail: string
}

export type PlayerState =
  /** Waits to be told to play. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  /** Goes on by itself when what it waits for is there. */
  | { readonly kind: 'waiting'; readonly words: Words }
  | { readonly kind: 'playing'; readonly engine: EngineName; readonly hasPicture: boolean }
  /** `action` is what a person can do about it; null: nothing here. */
  | { readonly kind: 'over'; readonly words: Words; readonly action: string | null }
