/** A page that stood still itself, as on a device that slept, has not waited for longer between two looks. */
const LONGEST_LOOK = 600

/** Whether a video shows something, and for how long it has not any more. */
export class Progress {
  readonly #video: HTMLVideoElement
  #frames = 0
  #time = 0
  #stalled = 0
  #lookedAt = performance.now()
  #shown = false

  constructor(video: HTMLVideoElement) {
    this.#video = video
    this.#frames = this.#framesNow()
    this.#time = video.currentTime
  }

  /** Whether something has been shown since the beginning. */
  get shown(): boolean {
    return this.#shown
  }

  /** Milliseconds since the picture last moved, or since it could have begun to. A page that nobody sees is shown none, and waits for none. */
  stalledFor(): number {
    const [frames, time] = [this.#framesNow(), this.#video.currentTime]
    // A stream without pictures moves by its clock alone.
    const moved = this.#video.videoWidth > 0 ? frames !== this.#frames : time > 0 && time !== this.#time
    if (moved) this.#shown = true
    const now = performance.now()
    this.#stalled = moved || document.hidden ? 0 : this.#stalled + Math.min(now - this.#lookedAt, LONGEST_LOOK)
    this.#lookedAt = now
    this.#frames = frames
    this.#time = time
    return this.#stalled
  }

  /** Nothing was to be seen until now. */
  expectFromNow(): void {
    this.#stalled = 0
    this.#shown = false
  }

  #framesNow(): number {
    return this.#video.getVideoPlaybackQuality().totalVideoFrames
  }
}
