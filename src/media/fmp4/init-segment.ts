import { box, fullBox, u8, u16, u32 } from './box.ts'
import { SAMPLE_FLAGS, TRACK_IDS, type Track } from './track.ts'

const MOVIE_TIMESCALE = 1000
const UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)
/** `und` of ISO 639-2, three times five bits. */
const UNDETERMINED_LANGUAGE = 0x55c4
const TRACK_ENABLED_IN_MOVIE = 3
const FULL_VOLUME = 0x0100
const SELF_CONTAINED = 1

/** `ftyp` and `moov` for fragments of `tracks`: what a player reads once, before any of them. */
export function initSegment(tracks: readonly Track[]): Buffer {
  const brands = ['iso6', 'iso5', 'mp41', 'cmfc'].map((brand) => Buffer.from(brand))
  return Buffer.concat([
    box('ftyp', Buffer.from('iso6'), u32(0), ...brands),
    box('moov', movieHeader(), ...tracks.map(trackBox), box('mvex', ...tracks.map(trackExtends))),
  ])
}

function movieHeader(): Buffer {
  const nextTrackId = 1 + Math.max(...Object.values(TRACK_IDS))
  const times = u32(0, 0, MOVIE_TIMESCALE, 0)
  const rateAndVolume = Buffer.concat([u32(0x10000), u16(FULL_VOLUME), Buffer.alloc(10)])
  return fullBox('mvhd', 0, 0, times, rateAndVolume, UNITY_MATRIX, Buffer.alloc(24), u32(nextTrackId))
}

function trackBox(track: Track): Buffer {
  return box('trak', trackHeader(track), box('mdia', mediaHeader(track), handler(track), mediaInformation(track)))
}

function trackHeader(track: Track): Buffer {
  const { width, height } = track.kind === 'video' ? track : { width: 0, height: 0 }
  const times = u32(0, 0, TRACK_IDS[track.kind], 0, 0, 0, 0)
  const placement = u16(0, 0, track.kind === 'audio' ? FULL_VOLUME : 0, 0)
  const size = u32(width * 0x10000, height * 0x10000)
  return fullBox('tkhd', 0, TRACK_ENABLED_IN_MOVIE, times, placement, UNITY_MATRIX, size)
}

function mediaHeader(track: Track): Buffer {
  return fullBox('mdhd', 0, 0, u32(0, 0, track.timescale, 0), u16(UNDETERMINED_LANGUAGE, 0))
}

function handler({ kind }: Track): Buffer {
  const type = kind === 'video' ? 'vide' : 'soun'
  return fullBox('hdlr', 0, 0, u32(0), Buffer.from(type), Buffer.alloc(12), Buffer.from(`${kind}\0`))
}

function mediaInformation(track: Track): Buffer {
  const header = track.kind === 'video' ? fullBox('vmhd', 0, 1, Buffer.alloc(8)) : fullBox('smhd', 0, 0, u8(0, 0, 0, 0))
  const reference = fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, SELF_CONTAINED))
  return box('minf', header, box('dinf', reference), sampleTable(track))
}

/** Empty but for the sample entry: samples are in the fragments. */
function sampleTable({ sampleEntry }: Track): Buffer {
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), sampleEntry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  )
}

function trackExtends({ kind }: Track): Buffer {
  const flags = kind === 'video' ? SAMPLE_FLAGS.delta : SAMPLE_FLAGS.key
  return fullBox('trex', 0, 0, u32(TRACK_IDS[kind], 1, 0, 0, flags))
}
