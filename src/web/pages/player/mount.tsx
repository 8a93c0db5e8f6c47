import { createRef, render } from 'preact'
import { Player, type PlayerOptions } from './player.ts'
import { PlayerView } from './view.tsx'

export interface MountOptions extends PlayerOptions {
  /** Starts without being told to; true by default. */
  readonly autoplay?: boolean
}

export interface MountedPlayer {
  /** As if somebody had pressed Play. */
  play(): void
  /** Lets go of the stream and takes the player out of the page. */
  close(): void
}

/** Puts a player into `element`, whose styles are those of player.css. */
export function mountPlayer(element: HTMLElement, { autoplay = true, ...options }: MountOptions): MountedPlayer {
  const frame = createRef<HTMLElement>()
  const video = createRef<HTMLVideoElement>()
  const overlay = createRef<HTMLDivElement>()
  render(
    <section class="player" ref={frame} aria-label="Player" tabIndex={-1}>
      {/* biome-ignore lint/a11y/useMediaCaption: live streams bring no captions */}
      <video ref={video} playsInline />
      <div class="player-overlay" ref={overlay} />
    </section>,
    element,
  )
  if (!video.current || !overlay.current) throw new Error('the player is not in the page')
  const player = new Player(video.current, options)
  const layer = overlay.current
  render(<PlayerView player={player} video={video} frame={frame} />, layer)
  if (autoplay) player.play()
  return {
    play: () => player.play(),
    close: () => {
      player.close()
      render(null, layer)
      render(null, element)
    },
  }
}
