import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../player/icons.tsx'
import type { Capture, Picture } from './capture.ts'
import { Choices } from './choices.tsx'
import { formatFigures } from './figures.ts'
import type { Publisher, PublisherState } from './publisher.ts'

interface StudioProps {
  readonly capture: Capture
  readonly publisher: Publisher
}

export function Studio({ capture, publisher }: StudioProps) {
  const state = publisher.state.value
  const runs = state.kind !== 'off' && state.kind !== 'over'
  const change = async () => {
    await capture.open()
    await publisher.replace()
  }
  return (
    <div class="studio">
      <div class="stage">
        <div class="player" data-state={state.kind}>
          <Preview stream={capture.stream.value} picture={capture.picture.value} />
          <div class="player-overlay">
            <Trouble capture={capture} state={state} onRetry={() => void change()} />
            {state.kind === 'live' && <span class="on-air">On air</span>}
          </div>
        </div>
      </div>
      <p class="studio-status" role="status" aria-live="polite">
        {summary(state)}
      </p>
      <p class="studio-figures">{publisher.figures.value ? formatFigures(publisher.figures.value) : ''}</p>
      <div class="studio-actions">
        {runs ? (
          <button type="button" class="go stop" onClick={() => publisher.stop()}>
            Stop
          </button>
        ) : (
          <button type="button" class="go" disabled={!capture.stream.value} onClick={() => publisher.start()}>
            Start broadcast
          </button>
        )}
        <button
          type="button"
          class="side"
          aria-pressed={capture.hushed.value}
          onClick={() => capture.hush(!capture.hushed.value)}
        >
          <Icon name={capture.hushed.value ? 'muted' : 'microphone'} />
          {capture.hushed.value ? 'Unmute' : 'Mute'}
        </button>
      </div>
      <Choices capture={capture} locked={state.kind === 'starting'} onChange={() => void change()} />
    </div>
  )
}

function Preview({ stream, picture }: { readonly stream: MediaStream | null; readonly picture: Picture }) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (video.current) video.current.srcObject = stream
  }, [stream])
  return <video ref={video} muted autoplay playsInline class={picture === 'camera' ? 'mirrored' : ''} />
}

function Trouble({
  capture,
  state,
  onRetry,
}: Pick<StudioProps, 'capture'> & { readonly state: PublisherState; readonly onRetry: () => void }) {
  const trouble = capture.trouble.value
  const words = state.kind === 'over' || state.kind === 'waiting' ? state.words : trouble
  if (!words) return null
  return (
    <div class="player-message" role="alert">
      {state.kind === 'waiting' && <div class="player-pulse" aria-hidden="true" />}
      <p class="player-title">{words.title}</p>
      <p class="player-detail">{words.detail}</p>
      {words === trouble && (
        <button type="button" class="player-action" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

function summary(state: PublisherState): string {
  if (state.kind === 'off') return 'Not on air'
  if (state.kind === 'starting') return 'Connecting…'
  if (state.kind === 'live') return 'You are on air'
  return state.words.title
}
