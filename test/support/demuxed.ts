import { Demuxer, type SampleHandler } from '../../src/media/fmp4/demuxer.ts'
import { fragment } from '../../src/media/fmp4/fragment.ts'
import { initSegment } from '../../src/media/fmp4/init-segment.ts'
import type { Sample, Track } from '../../src/media/fmp4/track.ts'
import type { MediaPacket } from '../../src/media/ports.ts'

/** Everything from one `begin` to the next. */
export class Timeline {
  readonly tracks: readonly Track[]
  readonly samples: { track: Track; sample: Sample; beforeKey: boolean }[] = []

  constructor(tracks: readonly Track[]) {
    this.tracks = tracks
  }

  of(kind: Track['kind']): Sample[] {
    return this.samples.flatMap(({ track, sample }) => (track.kind === kind ? [sample] : []))
  }

  /** As a fragmented MP4, cut behind every `n` samples. */
  toMp4(n = 30): Buffer {
    const parts = [initSegment(this.tracks)]
    for (let i = 0; i < this.samples.length; i += n) {
      const group = this.samples.slice(i, i + n)
      const runs = this.tracks.map((track) => ({
        track,
        samples: group.flatMap((entry) => (entry.track === track ? [entry.sample] : [])),
      }))
      parts.push(fragment({ sequence: parts.length, runs: runs.filter(({ samples }) => samples.length > 0) }))
    }
    return Buffer.concat(parts)
  }
}

export class Collector implements SampleHandler {
  readonly timelines: Timeline[] = []
  ends = 0

  begin(tracks: readonly Track[]): void {
    this.timelines.push(new Timeline(tracks))
  }

  sample(track: Track, sample: Sample, beforeKey: boolean): void {
    const timeline = this.timelines.at(-1)
    if (!timeline) throw new Error('a sample before the beginning')
    timeline.samples.push({ track, sample, beforeKey })
  }

  end(): void {
    this.ends++
  }

  /** The only timeline. */
  get timeline(): Timeline {
    const [timeline, another] = this.timelines
    if (!timeline || another) throw new Error(`${this.timelines.length} timelines`)
    return timeline
  }
}

/** What the demuxer makes of `packets`. */
export function demuxed(packets: readonly MediaPacket[]): Collector {
  const collector = new Collector()
  const demuxer = new Demuxer(collector)
  for (const packet of packets) demuxer.push(packet)
  demuxer.end()
  return collector
}
