import type { Milliseconds } from '../../domain/units.ts'
import { type Child, startChild } from './child.ts'
import type { CodedSound, Direction, FrameReader, FrameWriter } from './direction.ts'
import { SampleClock, TICKS } from './sample-clock.ts'

/** What is not taken is dropped above this. */
const LARGEST_BACKLOG = 1024 * 1024
/** A program with this much sound inside it that gives nothing for as long takes no more. */
const LONGEST_STALL: Milliseconds = 1000
/** One that gives nothing for so long is given up; until then it may take to start on a busy machine. */
const HOPELESS: Milliseconds = 10_000
/** Codecs keep some 50 ms. What stays inside for longer was dropped there, being damaged. */
const KEPT: Milliseconds = 50
const MOST_KEPT: Milliseconds = 250
const LOOK_EVERY: Milliseconds = 2000

export interface RunEvents {
  onSound(sound: CodedSound, dts: Milliseconds): void
  onGone(reason: string): void
}

export interface RunOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly direction: Direction
  readonly writer: FrameWriter
  readonly now: () => Milliseconds
}

/** One run of the program: frames in, frames out, each at the time of the samples that it holds. */
export class Run {
  readonly #events: RunEvents
  readonly #now: () => Milliseconds
  readonly #writer: FrameWriter
  readonly #reader: FrameReader
  readonly #child: Child
  readonly #clock = new SampleClock()
  /** Samples that came out. */
  #out = 0
  #lastOutput: Milliseconds
  /** The least that was inside since `since`. */
  #inside = { least: Number.POSITIVE_INFINITY, since: 0 }

  constructor({ program, args, direction, writer, now }: RunOptions, events: RunEvents) {
    this.#events = events
    this.#now = now
    this.#writer = writer
    this.#reader = direction.reader()
    this.#lastOutput = now()
    this.#child = startChild(program, args, {
      onOutput: (data) => this.#take(data),
      onGone: (reason) => events.onGone(reason),
    })
    this.#child.write(writer.head)
  }

  push(frame: Buffer, dts: Milliseconds): void {
    const now = this.#now()
    if (this.#clock.end - this.#out <= MOST_KEPT * TICKS) this.#lastOutput = Math.max(this.#lastOutput, now - KEPT)
    const stalled = now - this.#lastOutput
    if (stalled > HOPELESS) {
      this.close()
      this.#events.onGone('it takes no more')
      return
    }
    const stuck = this.#out > 0 && stalled > LONGEST_STALL
    if (stuck || this.#child.backlog > LARGEST_BACKLOG) return
    const written = this.#writer.write(frame)
    if (!written) return
    this.#clock.push(dts, written.ticks)
    this.#child.write(written.data)
  }

  close(): void {
    this.#child.kill()
  }

  #take(data: Buffer): void {
    this.#lastOutput = this.#now()
    for (const sound of this.#reader.push(data)) {
      const dts = this.#clock.timeOf(this.#out - this.#reader.delay)
      this.#out += sound.ticks
      // Before the first sample is only what the encoder put there.
      if (dts !== undefined && this.#out > this.#reader.delay) this.#events.onSound(sound, dts)
    }
    this.#look()
  }

  /** Frames that a decoder drops would bring all that follow forward. */
  #look(): void {
    const inside = this.#clock.end - this.#out
    if (this.#inside.since === 0) this.#inside.since = this.#lastOutput
    this.#inside.least = Math.min(this.#inside.least, inside)
    if (this.#lastOutput - this.#inside.since < LOOK_EVERY) return
    const { least } = this.#inside
    if (least > MOST_KEPT * TICKS || least < -MOST_KEPT * TICKS) this.#out += least - KEPT * TICKS
    this.#inside = { least: Number.POSITIVE_INFINITY, since: this.#lastOutput }
  }
}
