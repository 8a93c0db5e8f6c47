import type { Seconds } from '../../domain/units.ts'
import type { Part, Segment } from './segment.ts'

const MIB = 1024 * 1024

/** How much stays listed: at least so many segments, of so many target durations together. */
const LEAST_SEGMENTS = 6
const LEAST_TARGET_DURATIONS = 8
const MOST_SEGMENTS = 64
/** How many stay after they have left the playlist, for players that read it before. */
const LINGERING = 3
/** Above this, old segments go early, but the last ones stay whatever they weigh. */
const MOST_BYTES = 64 * MIB
const UNTOUCHABLE = 2

/** A sum of times falls short of what it should be by less than this. */
const ERROR_OF_SUMS: Seconds = 1e-6

export interface WindowOptions {
  /** Media sequence number of the first segment. */
  readonly first: number
  readonly segmentTarget: Seconds
  readonly partTarget: Seconds
  readonly onChange: () => void
}

/** The segments of one stream that players may ask for, and what a playlist says of them. */
export class SegmentWindow {
  /** Complete and listed. */
  readonly segments: Segment[] = []
  /** The one that grows; undefined before the first and after the last. */
  open: Segment | undefined
  /** Begins small and at the same number each time: hls.js keeps an array with so many places, and looks for its last. */
  discontinuitySequence = 0
  /** Whole seconds; grows with the longest segment. */
  targetDuration: Seconds
  ended = false
  /** Grows with every change. */
  version = 0
  /** Media sequence number of the next segment. */
  next: number
  readonly #onChange: () => void
  readonly #partTarget: Seconds
  #lingering: Segment[] = []

  constructor({ first, segmentTarget, partTarget, onChange }: WindowOptions) {
    this.#onChange = onChange
    this.next = first
    this.targetDuration = Math.ceil(segmentTarget)
    this.#partTarget = partTarget
  }

  /** No part is longer than this. */
  get partTarget(): Seconds {
    const segments = this.open ? [...this.segments, this.open] : this.segments
    const longest = Math.max(0, ...segments.flatMap(({ parts }) => parts.map(({ duration }) => duration)))
    // Times are whole milliseconds, so parts of as many frames differ a little.
    return Math.max(this.#partTarget, Math.ceil((longest + 0.002) * 100) / 100)
  }

  /** What comes next, so that a player may ask for it ahead of time. */
  get hint(): string | undefined {
    return this.open?.nextPart
  }

  get last(): Segment | undefined {
    return this.segments.at(-1)
  }

  /** The open segment grows by `part`. */
  append(part: Omit<Part, 'name'>): void {
    this.open?.append(part)
    this.#changed()
  }

  /** The open segment is complete. */
  complete(): void {
    const { open } = this
    this.open = undefined
    if (!open || open.parts.length === 0) return
    this.segments.push(open)
    this.next = open.sequence + 1
    this.targetDuration = Math.max(this.targetDuration, Math.round(open.duration + ERROR_OF_SUMS))
    this.#shrink()
    this.#changed()
  }

  end(): void {
    this.complete()
    this.ended = true
    this.#changed()
  }

  /** An init segment, segment or part. */
  file(name: string): Buffer | undefined {
    const { open } = this
    for (const segment of open ? [open, ...this.#all()] : this.#all()) {
      if (segment.name === name && segment !== open) return segment.data
      if (segment.init.name === name) return segment.init.data
      const part = segment.parts.find((candidate) => candidate.name === name)
      if (part) return part.data
    }
    return undefined
  }

  /** Newest first, since that is what most ask for. */
  #all(): Segment[] {
    return [...this.#lingering, ...this.segments].reverse()
  }

  #changed(): void {
    this.version++
    this.#onChange()
  }

  #shrink(): void {
    while (this.#mayDropFirst()) {
      const [dropped] = this.segments.splice(0, 1)
      if (!dropped) return
      if (dropped.discontinuous) this.discontinuitySequence++
      this.#lingering.push(dropped)
    }
    this.#lingering = this.#lingering.slice(-LINGERING)
    while (this.#lingering.length > 0 && totalBytes(this.#all()) > MOST_BYTES) this.#lingering.shift()
  }

  #mayDropFirst(): boolean {
    const { segments, targetDuration } = this
    if (segments.length > MOST_SEGMENTS) return true
    if (segments.length > UNTOUCHABLE && totalBytes(segments) > MOST_BYTES) return true
    const rest = segments.slice(1)
    return rest.length >= LEAST_SEGMENTS && durationOf(rest) >= LEAST_TARGET_DURATIONS * targetDuration
  }
}

export function durationOf(segments: readonly Segment[]): Seconds {
  return segments.reduce((sum, { duration }) => sum + duration, 0)
}

export function totalBytes(segments: readonly Segment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0)
}
