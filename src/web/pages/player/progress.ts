/** Whether a video shows something, and since when it does not any more. */
export class Progress {
  readonly #video: HTMLVideoElement
  #frames = 0
  #time = 0
  #movedAt = performance.now()
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
    if (moved || document.hidden) this.#movedAt = performance.now()
    this.#frames = frames
    this.#time = time
    return performance.now() - this.#movedAt
  }

  /** Nothing was to be seen until now. */
  expectFromNow(): void {
    this.#movedAt = performance.now()
    this.#shown = false
  }

  #framesNow(): number {
    return this.#video.getVideoPlaybackQuality().totalVideoFrames
  }
}
