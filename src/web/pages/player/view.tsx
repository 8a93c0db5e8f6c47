import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
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
  return (
    <>
      <p class="player-status" role="status" aria-live="polite">
        {asks ? 'Press Play to watch' : summary(state)}
      </p>
      {state.kind === 'connecting' && !asks && <div class="player-spinner" aria-hidden="true" />}
      {asks && (
        <button type="button" class="player-press" aria-label="Play" onClick={() => press(player)}>
          <Icon name="play" />
        </button>
      )}
      {(state.kind === 'waiting' || state.kind === 'over') && <Message state={state} player={player} />}
      {state.kind === 'playing' && plays && !state.hasPicture && (
        <div class="player-sound">
          <Icon name="sound" />
          <p class="player-detail">Sound only</p>
        </div>
      )}
      {plays && player.sound.hushed.value && (
        <button type="button" class="player-unmute" onClick={() => player.sound.toggle()}>
          <Icon name="muted" /> Turn the sound on
        </button>
      )}
      {state.kind === 'playing' && plays && (
        <Bar player={player} engine={ENGINE_NAMES[state.engine]} video={video} frame={frame} />
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

function Message({ state, player }: { state: Extract<PlayerState, { words: unknown }>; player: Player }) {
  return (
    <div class={`player-message player-${state.kind}`}>
      {state.kind === 'waiting' ? <div class="player-pulse" aria-hidden="true" /> : <Icon name="closed" />}
      <p class="player-title">{state.words.title}</p>
      <p class="player-detail">{state.words.detail}</p>
      {state.kind === 'over' && state.action !== null && (
        <button type="button" class="player-action" onClick={() => player.play()}>
          {state.action}
        </button>
      )}
    </div>
  )
}

function Bar({ player, engine, video, frame }: Omit<ViewProps, 'player'> & { player: Player; engine: string }) {
  const { sound } = player
  const full = useSignal(false)
  const label = sound.muted.value ? 'Turn the sound on' : 'Mute'
  return (
    <div class="player-bar">
      <button type="button" aria-label="Stop" title="Stop" onClick={() => player.stop()}>
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
        onClick={async () => {
          full.value = await toggleFullScreen(frame.current, video.current)
        }}
      >
        <Icon name="full" />
      </button>
    </div>
  )
}

/** Whether the player fills the screen now. iPhones do so with nothing but a video. */
async function toggleFullScreen(frame: HTMLElement | null, video: HTMLVideoElement | null): Promise<boolean> {
  if (document.fullscreenElement) {
    await document.exitFullscreen()
    return false
  }
  const own = video as (HTMLVideoElement & { webkitEnterFullscreen?: () => void }) | null
  if (frame?.requestFullscreen) await frame.requestFullscreen().catch(() => {})
  else own?.webkitEnterFullscreen?.()
  return document.fullscreenElement !== null
}
