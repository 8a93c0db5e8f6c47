import type { Seconds } from '../../domain/units.ts'
import type { Part, Segment } from './segment.ts'
import { durationOf, type SegmentWindow, totalBytes } from './window.ts'

/** RFC 8216bis, section 4.4.3.8, in target durations and, for the last, in part targets. */
const SKIP_BOUNDARY = 6
const HOLD_BACK = 3
const PART_HOLD_BACK = 3
/** For how many target durations from the end parts are listed, section 4.4.4.9. */
const LISTED_PARTS = 3

/** Stands where the query of each player goes. */
const QUERY = '\0'

/** A playlist for everybody: who asks differs only by the query of the addresses. */
export class PlaylistTemplate {
  readonly #pieces: readonly string[]

  constructor(lines: readonly string[]) {
    this.#pieces = `${lines.join('\n')}\n`.split(QUERY)
  }

  for(query: string): string {
    return this.#pieces.join(query)
  }
}

/** The media playlist of `window`, RFC 8216bis; with `skip` a delta update, where there is something to skip. */
export function mediaPlaylist(window: SegmentWindow, skip: boolean): PlaylistTemplate {
  const { segments, open } = window
  const skipped = skip ? countSkippable(window) : 0
  return new PlaylistTemplate([
    ...header(window),
    ...(skipped > 0 ? [`#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`] : []),
    ...segments.slice(skipped).flatMap((segment, i) => segmentLines(window, segment, skipped + i)),
    ...(open?.parts.length ? [...segmentLead(open, window.last), ...partLines(open)] : []),
    ...(window.hint ? [`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${window.hint}${QUERY}"`] : []),
    ...(window.ended ? ['#EXT-X-ENDLIST'] : []),
  ])
}

/** The master playlist of a stream whose media playlist is `uri`. */
export function masterPlaylist(window: SegmentWindow, uri: string): PlaylistTemplate {
  const tracks = (window.last ?? window.open)?.init.tracks ?? []
  const video = tracks.find((track) => track.kind === 'video')
  const { segments } = window
  const average = segments.length > 0 ? (totalBytes(segments) * 8) / durationOf(segments) : 0
  const attributes = [
    `BANDWIDTH=${Math.max(1, ...segments.map(({ bytes, duration }) => Math.ceil((bytes * 8) / duration)))}`,
    `AVERAGE-BANDWIDTH=${Math.max(1, Math.ceil(average))}`,
    ...(tracks.length > 0 ? [`CODECS="${tracks.map(({ codec }) => codec).join(',')}"`] : []),
    ...(video ? [`RESOLUTION=${video.width}x${video.height}`] : []),
  ]
  return new PlaylistTemplate([
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    `#EXT-X-STREAM-INF:${attributes.join(',')}`,
    `${uri}${QUERY}`,
  ])
}

function header(window: SegmentWindow): string[] {
  const { segments, targetDuration, partTarget } = window
  const control = [
    'CAN-BLOCK-RELOAD=YES',
    `CAN-SKIP-UNTIL=${seconds(SKIP_BOUNDARY * targetDuration)}`,
    `HOLD-BACK=${seconds(HOLD_BACK * targetDuration)}`,
    `PART-HOLD-BACK=${seconds(PART_HOLD_BACK * partTarget)}`,
  ]
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:9',
    ...(segments.every(({ independent }) => independent) ? ['#EXT-X-INDEPENDENT-SEGMENTS'] : []),
    `#EXT-X-TARGETDURATION:${targetDuration}`,
    `#EXT-X-SERVER-CONTROL:${control.join(',')}`,
    `#EXT-X-PART-INF:PART-TARGET=${seconds(partTarget)}`,
    `#EXT-X-MEDIA-SEQUENCE:${segments[0]?.sequence ?? window.next}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${window.discontinuitySequence}`,
  ]
}

function segmentLines(window: SegmentWindow, segment: Segment, index: number): string[] {
  const showsParts = lengthFrom(window, index + 1) < LISTED_PARTS * window.targetDuration
  return [
    ...segmentLead(segment, window.segments[index - 1]),
    ...(showsParts ? partLines(segment) : []),
    `#EXTINF:${seconds(segment.duration)},`,
    `${segment.name}${QUERY}`,
  ]
}

function segmentLead(segment: Segment, before: Segment | undefined): string[] {
  const { discontinuous, init } = segment
  return [
    ...(discontinuous ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(discontinuous || init !== before?.init ? [`#EXT-X-MAP:URI="${init.name}${QUERY}"`] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.begunAt()).toISOString()}`,
  ]
}

function partLines({ parts }: Segment): string[] {
  return parts.map(partLine)
}

function partLine({ name, duration, independent }: Part): string {
  return `#EXT-X-PART:DURATION=${seconds(duration)},URI="${name}${QUERY}"${independent ? ',INDEPENDENT=YES' : ''}`
}

/** How many segments from the first are further from the end than the skip boundary. */
function countSkippable(window: SegmentWindow): number {
  const boundary = SKIP_BOUNDARY * window.targetDuration
  const first = window.segments.findIndex((_segment, i) => lengthFrom(window, i + 1) < boundary)
  return Math.max(0, first)
}

/** From the beginning of the segment at `index` to the end of the playlist. */
function lengthFrom({ segments, open }: SegmentWindow, index: number): Seconds {
  return durationOf(segments.slice(index)) + (open?.duration ?? 0)
}

/** To the hundredth of a millisecond, without idle zeros. */
function seconds(value: Seconds): string {
  return String(Number(value.toFixed(5)))
}
