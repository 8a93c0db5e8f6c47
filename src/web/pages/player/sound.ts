import { signal } from '@preact/signals'

/** Starts a video as loud as the browser lets a page do unasked. */
export class Sound {
  readonly muted = signal(false)
  readonly volume = signal(1)
  /** Not even a silent video may start before somebody presses. */
  readonly blocked = signal(false)
  /** Muted by the browser and not by anybody's wish. */
  readonly hushed = signal(false)
  readonly #video: HTMLVideoElement

  constructor(video: HTMLVideoElement, muted: boolean) {
    this.#video = video
    video.muted = muted
    this.muted.value = muted
    video.addEventListener('volumechange', () => {
      this.muted.value = video.muted
      this.volume.value = video.volume
      if (!video.muted) this.hushed.value = false
    })
    video.addEventListener('playing', () => {
      this.blocked.value = false
    })
  }

  async start(): Promise<void> {
    if (await this.#tryToPlay()) return
    if (!this.#video.muted) {
      this.#video.muted = true
      this.hushed.value = true
      if (await this.#tryToPlay()) return
    }
    this.blocked.value = true
  }

  /** To be called as somebody presses. */
  toggle(): void {
    this.#video.muted = !this.#video.muted
    if (!this.#video.muted && this.#video.volume === 0) this.#video.volume = 0.5
  }

  set(volume: number): void {
    this.#video.volume = volume
    this.#video.muted = volume === 0
  }

  async #tryToPlay(): Promise<boolean> {
    try {
      await this.#video.play()
      return true
    } catch (error) {
      // Whatever else fails, such as a source that is replaced, is for who plays it to notice.
      return !(error instanceof DOMException && error.name === 'NotAllowedError')
    }
  }
}
