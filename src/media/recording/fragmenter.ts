import type { Seconds } from '../../domain/units.ts'
import type { SampleHandler } from '../fmp4/demuxer.ts'
import { fragment } from '../fmp4/fragment.ts'
import { type Sample, TRACK_IDS, type Track } from '../fmp4/track.ts'

/** A fragment ends before a key frame once it is this long, and before any other frame once it is that long. */
const SHORTEST: Seconds = 1
const LONGEST: Seconds = 2
/** Or once it holds this much of the sound alone, as while a camera is covered. */
const LONGEST_ALONE: Seconds = 4
/** Or once it holds this much. */
const LARGEST = 8 * 1024 * 1024

/** The track that times and key frames are told of: video where there is any. */
export interface ReferenceTrack {
  readonly id: number
  readonly timescale: number
}

/** One fragment, and where it stands in the reference track. */
export interface Piece {
  readonly bytes: Buffer
  /** Can be played without those before it. */
  readonly key: boolean
  /** When it is shown, and for how long, in ticks of the reference track. */
  readonly start: number
  readonly ticks: number
}

/** Takes what is to be written. Must not throw. */
export interface PieceHandler {
  /** What follows belongs into a file of its own. */
  begin(tracks: readonly Track[], reference: ReferenceTrack): void
  piece(piece: Piece): void
  /** Nothing more comes. */
  end(): void
}

/** Gathers samples into fragments of one or two seconds. */
export class Fragmenter implements SampleHandler {
  readonly #handler: PieceHandler
  #runs = new Map<Track, Sample[]>()
  #reference: Track | undefined
  #sequence = 0
  #bytes = 0
  /** Where the next fragment starts, should it have no frame of the reference track. */
  #position = 0
  /** How much later than it is decoded the first picture is shown. */
  #delay: number | undefined

  constructor(handler: PieceHandler) {
    this.#handler = handler
  }

  begin(tracks: readonly Track[]): void {
    this.#cut()
    const reference = tracks.find(({ kind }) => kind === 'video') ?? tracks[0]
    if (!reference) return
    this.#runs = new Map(tracks.map((track) => [track, []]))
    this.#reference = reference
    this.#sequence = 0
    this.#position = 0
    this.#delay = undefined
    this.#handler.begin(tracks, { id: TRACK_IDS[reference.kind], timescale: reference.timescale })
  }

  sample(track: Track, sample: Sample, beforeKey: boolean): void {
    this.#runs.get(track)?.push(sample)
    this.#bytes += sample.data.length
    if (this.#bytes > LARGEST || this.#isDue(track, beforeKey)) this.#cut()
  }

  end(): void {
    this.#cut()
    this.#handler.end()
  }

  #isDue(track: Track, beforeKey: boolean): boolean {
    const limit = track !== this.#reference ? LONGEST_ALONE : beforeKey ? SHORTEST : LONGEST
    return this.#ticksOf(track) >= track.timescale * limit
  }

  #ticksOf(track: Track | undefined): number {
    const samples = this.#samplesOf(track)
    const last = samples.at(-1)
    return last ? last.dts + last.duration - (samples[0]?.dts ?? 0) : 0
  }

  #samplesOf(track: Track | undefined): readonly Sample[] {
    return (track && this.#runs.get(track)) ?? []
  }

  #shownAt({ dts, compositionOffset }: Sample): number {
    this.#delay ??= Math.max(0, compositionOffset)
    return dts + this.#delay
  }

  #cut(): void {
    const runs = [...this.#runs].filter(([, samples]) => samples.length > 0)
    if (runs.length === 0) return
    const [first] = this.#samplesOf(this.#reference)
    const piece = {
      bytes: fragment({ sequence: ++this.#sequence, runs: runs.map(([track, samples]) => ({ track, samples })) }),
      key: first?.key ?? false,
      start: first ? this.#shownAt(first) : this.#position,
      ticks: this.#ticksOf(this.#reference),
    }
    this.#position = piece.start + piece.ticks
    for (const track of this.#runs.keys()) this.#runs.set(track, [])
    this.#bytes = 0
    this.#handler.piece(piece)
  }
}
