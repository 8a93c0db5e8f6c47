import type { Milliseconds, Seconds } from '../../domain/units.ts'
import type { Track } from '../fmp4/track.ts'

/** What a player reads before the segments that were coded alike. */
export interface InitSegment {
  readonly name: string
  readonly tracks: readonly Track[]
  readonly data: Buffer
}

/** A partial segment of RFC 8216bis: one fragment. */
export interface Part {
  readonly name: string
  readonly duration: Seconds
  /** Begins with a key frame. */
  readonly independent: boolean
  data: Buffer
}

export interface SegmentOptions {
  /** Media sequence number. */
  readonly sequence: number
  readonly init: InitSegment
  /** Does not go on where the one before it ended. */
  readonly discontinuous: boolean
  /** When it began, in milliseconds since 1970. */
  readonly begunAt: () => Milliseconds
}

/** A media segment, complete or growing. */
export class Segment implements SegmentOptions {
  readonly sequence: number
  readonly init: InitSegment
  readonly discontinuous: boolean
  readonly begunAt: () => Milliseconds
  readonly name: string
  readonly parts: Part[] = []
  duration: Seconds = 0
  bytes = 0
  #data: Buffer | undefined

  constructor({ sequence, init, discontinuous, begunAt }: SegmentOptions) {
    this.sequence = sequence
    this.init = init
    this.discontinuous = discontinuous
    this.begunAt = begunAt
    this.name = `seg-${sequence}.m4s`
  }

  get nextPart(): string {
    return `part-${this.sequence}-${this.parts.length}.m4s`
  }

  get independent(): boolean {
    return this.parts[0]?.independent ?? false
  }

  append(part: Omit<Part, 'name'>): void {
    this.parts.push({ name: this.nextPart, ...part })
    this.duration += part.duration
    this.bytes += part.data.length
  }

  /** The whole of a complete segment. It is joined once, and its parts become views of it, so it is held once. */
  get data(): Buffer {
    if (this.#data) return this.#data
    this.#data = Buffer.concat(this.parts.map(({ data }) => data))
    let offset = 0
    for (const part of this.parts) {
      part.data = this.#data.subarray(offset, offset + part.data.length)
      offset += part.data.length
    }
    return this.#data
  }
}
