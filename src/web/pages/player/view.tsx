import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'
import { keepAwake } from './awake.ts'
import { Icon } from './icons.tsx'
import type { Player } from './player.ts'
import type { PlayerState } from './ports.ts'

const ENGINE_NAMES = { webrtc: 'WebRTC', hls: 'HLS', flv: 'HTTP-FLV' } as const

interface ViewProps {
  readonly player: Player
  readonly video: RefObject<HTMLVideoElement | null>
  readonly frame: RefObject<HTMLElement | null>
}

/** What lies over the video. */
export function PlayerView({ player, video, frame }: ViewProps) {
  const state = player.state.value
  const asks = state.kind === 'idle' || player.sound.blocked.value
  const plays = state.kind === 'playing' && !player.sound.blocked.value
  /** The button that was pressed goes, and whoever pressed it by keyboard shall stay where it was. */
  const by = (act: () => void) => () => {
    act()
    frame.current?.focus({ preventScroll: true })
  }
  return (
    <>
      <p class="player-status" role="status" aria-live="polite">
        {asks ? 'Press Play to watch' : summary(state)}
      </p>
      {state.kind === 'connecting' && !asks && <div class="player-spinner" aria-hidden="true" />}
      {asks && (
        <button type="button" class="player-press" aria-label="Play" onClick={by(() => press(player))}>
          <Icon name="play" />
        </button>
      )}
      {(state.kind === 'waiting' || state.kind === 'over') && <Message state={state} onAct={by(() => player.play())} />}
      {state.kind === 'playing' && plays && !state.hasPicture && (
        <div class="player-sound">
          <Icon name="sound" />
          <p class="player-detail">Sound only</p>
        </div>
      )}
      {plays && player.sound.hushed.value && (
        <button type="button" class="player-unmute" onClick={by(() => player.sound.toggle())}>
          <Icon name="muted" /> Turn the sound on
        </button>
      )}
      {state.kind === 'playing' && plays && (
        <Bar
          player={player}
          engine={ENGINE_NAMES[state.engine]}
          video={video}
          frame={frame}
          onStop={by(() => player.stop())}
        />
      )}
    </>
  )
}

function press(player: Player): void {
  if (player.sound.blocked.value) void player.sound.start()
  else player.play()
}

function summary(state: PlayerState): string {
  if (state.kind === 'idle' || state.kind === 'connecting') return 'Connecting'
  if (state.kind === 'playing') return state.hasPicture ? 'Playing live' : 'Playing live, sound only'
  return `${state.words.title}. ${state.words.detail}`
}

function Message({ state, onAct }: { state: Extract<PlayerState, { words: unknown }>; onAct(): void }) {
  return (
    <div class={`player-message player-${state.kind}`}>
      {state.kind === 'waiting' ? <div class="player-pulse" aria-hidden="true" /> : <Icon name="closed" />}
      <p class="player-title">{state.words.title}</p>
      <p class="player-detail">{state.words.detail}</p>
      {state.kind === 'over' && state.action !== null && (
        <button type="button" class="player-action" onClick={onAct}>
          {state.action}
        </button>
      )}
    </div>
  )
}

function Bar({ player, engine, video, frame, onStop }: ViewProps & { readonly engine: string; onStop(): void }) {
  const { sound } = player
  const full = useSignal(document.fullscreenElement !== null)
  useEffect(() => {
    const life = new AbortController()
    const look = () => {
      full.value = document.fullscreenElement !== null
    }
    document.addEventListener('fullscreenchange', look, { signal: life.signal })
    if (frame.current) keepAwake(frame.current, life.signal)
    return () => life.abort()
  }, [])
  const label = sound.muted.value ? 'Turn the sound on' : 'Mute'
  return (
    <div class="player-bar">
      <button type="button" aria-label="Stop" title="Stop" onClick={onStop}>
        <Icon name="stop" />
      </button>
      <button type="button" aria-label={label} title={label} onClick={() => sound.toggle()}>
        <Icon name={sound.muted.value ? 'muted' : 'sound'} />
      </button>
      <input
        type="range"
        min="0"
        max="1"
        step="0.05"
        aria-label="Volume"
        value={sound.muted.value ? 0 : sound.volume.value}
        onInput={({ currentTarget }) => sound.set(Number(currentTarget.value))}
      />
      <span class="player-live">Live</span>
      <span class="player-engine">{engine}</span>
      <button
        type="button"
        class="player-right"
        aria-label={full.value ? 'Leave full screen' : 'Full screen'}
        title={full.value ? 'Leave full screen' : 'Full screen'}
        onClick={() => void toggleFullScreen(frame.current, video.current)}
      >
        <Icon name="full" />
      </button>
    </div>
  )
}

/** iPhones fill the screen with nothing but a video. */
async function toggleFullScreen(frame: HTMLElement | null, video: HTMLVideoElement | null): Promise<void> {
  if (document.fullscreenElement) return document.exitFullscreen()
  const own = video as (HTMLVideoElement & { webkitEnterFullscreen?: () => void }) | null
  if (frame?.requestFullscreen) await frame.requestFullscreen().catch(() => {})
  else own?.webkitEnterFullscreen?.()
}
