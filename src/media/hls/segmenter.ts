import type { Seconds } from '../../domain/units.ts'
import type { SampleHandler } from '../fmp4/demuxer.ts'
import { fragment } from '../fmp4/fragment.ts'
import { initSegment } from '../fmp4/init-segment.ts'
import type { Sample, Track } from '../fmp4/track.ts'
import { type InitSegment, Segment } from './segment.ts'
import { WallClock } from './wall-clock.ts'
import type { SegmentWindow } from './window.ts'

/** Key frames come a little early where the publisher rounds its times. */
const EARLY: Seconds = 0.1
/** No segment gets longer or larger, whether a key frame comes or not. */
const LONGEST: Seconds = 10
const LARGEST = 32 * 1024 * 1024
/** Pictures that are later than the sound by more than this are not waited for. */
const STALLED: Seconds = 3
/** What has no time of its own is given this much, so that it need not be held. */
const NO_TIME: Seconds = 0.001

export interface SegmenterOptions {
  readonly segmentTarget: Seconds
  readonly partTarget: Seconds
}

/** Cuts samples into the parts and segments of a window. */
export class Segmenter implements SampleHandler {
  readonly #window: SegmentWindow
  readonly #options: SegmenterOptions
  #init: InitSegment | undefined
  #clock = new WallClock()
  #discontinuous = false
  /** The next picture is the first after another init segment. */
  #announces = false
  #runs = new Map<Track, Sample[]>()
  #bytes = 0
  #fragments = 0
  /**
   * Where the times of this timeline begin in the whole stream. That begins at the time of day: to a player that goes
   * on after a restart of the muxer or of the daemon, what it gets then is later than what it has.
   */
  #origin: Seconds = Date.now() / 1000
  #ends: Partial<Record<Track['kind'], Seconds>> = {}
  /** Up to here everything is there; counted, as the next two, from the origin. */
  #position: Seconds = 0
  #segmentStart: Seconds = 0
  #partStart: Seconds = 0

  constructor(window: SegmentWindow, options: SegmenterOptions) {
    this.#window = window
    this.#options = options
  }

  begin(tracks: readonly Track[]): void {
    this.#finish()
    this.#discontinuous = this.#window.last !== undefined
    this.#origin += this.#position
    this.#ends = {}
    this.#position = 0
    this.#segmentStart = 0
    this.#partStart = 0
    this.#clock = new WallClock()
    this.#runs = new Map(tracks.map((track) => [track, []]))
    const data = initSegment(tracks)
    if (!this.#init?.data.equals(data)) {
      this.#announces = this.#init !== undefined
      this.#init = { name: `init-${this.#window.next}.mp4`, tracks, data }
    }
    this.#openSegment(this.#init)
  }

  sample(track: Track, sample: Sample, beforeKey: boolean): void {
    this.#runs.get(track)?.push(this.#announced(track, sample))
    this.#bytes += sample.data.length
    this.#ends[track.kind] = (sample.dts + sample.duration) / track.timescale
    this.#advance()
    if (this.#isSegmentDue(beforeKey && track.kind === this.#leadingKind)) this.#endSegment()
    else if (this.#position - this.#partStart >= this.#options.partTarget - 0.001) this.#endPart()
  }

  end(): void {
    this.#finish()
    this.#window.end()
  }

  /** With its parameter sets in front, where players that read one init segment only would lack them. */
  #announced(track: Track, sample: Sample): Sample {
    if (!this.#announces || track.kind !== 'video') return sample
    this.#announces = false
    return { ...sample, data: Buffer.concat([track.parameterSets, sample.data]) }
  }

  get #leadingKind(): Track['kind'] {
    return this.#init?.tracks.some(({ kind }) => kind === 'video') ? 'video' : 'audio'
  }

  #advance(): void {
    const { audio = 0 } = this.#ends
    const least = this.#bytes < LARGEST ? 0 : this.#partStart + NO_TIME
    this.#position = Math.max(this.#position, this.#ends[this.#leadingKind] ?? 0, audio - STALLED, least)
    this.#clock.note(this.#position)
  }

  #isSegmentDue(beforeKey: boolean): boolean {
    const duration = this.#position - this.#segmentStart
    if (duration >= LONGEST) return true
    const bytes = this.#bytes + (this.#window.open?.bytes ?? 0)
    return bytes >= LARGEST || (beforeKey && duration >= this.#options.segmentTarget - EARLY)
  }

  /** Nothing more of this timeline comes. */
  #finish(): void {
    this.#position = Math.max(this.#position, ...Object.values(this.#ends))
    this.#endPart()
    this.#window.complete()
  }

  #endSegment(): void {
    this.#endPart()
    if (!this.#window.open?.parts.length) return
    this.#window.complete()
    this.#segmentStart = this.#position
    this.#discontinuous = false
    if (this.#init) this.#openSegment(this.#init)
  }

  #openSegment(init: InitSegment): void {
    const clock = this.#clock
    const start = this.#segmentStart
    this.#window.open = new Segment({
      sequence: this.#window.next,
      init,
      discontinuous: this.#discontinuous,
      begunAt: () => clock.at(start),
    })
  }

  #endPart(): void {
    const duration = this.#position - this.#partStart
    const runs = [...this.#runs].flatMap(([track, samples]) => (samples.length > 0 ? [{ track, samples }] : []))
    if (duration <= 0 || runs.length === 0) return
    const [lead] = runs
    this.#window.append({
      duration,
      independent: lead?.track.kind === this.#leadingKind && lead.samples[0]?.key === true,
      data: fragment({
        sequence: ++this.#fragments,
        runs: runs.map((run) => ({ ...run, decodeTime: this.#decodeTime(run) })),
      }),
    })
    for (const track of this.#runs.keys()) this.#runs.set(track, [])
    this.#bytes = 0
    this.#partStart = this.#position
  }

  #decodeTime({ track, samples }: { readonly track: Track; readonly samples: readonly Sample[] }): number {
    return Math.round(this.#origin * track.timescale) + (samples[0]?.dts ?? 0)
  }
}
