import { writeU64 } from './box.ts'
import { SAMPLE_FLAGS, type Sample, TRACK_IDS, type Track } from './track.ts'

export interface TrackRun {
  readonly track: Track
  /** In decoding order, one after the other without a hole; not empty. */
  readonly samples: readonly Sample[]
  /** Decoding time of the first sample in ticks; what its `dts` says, where not given. */
  readonly decodeTime?: number
}

export interface Fragment {
  /** Grows by one from fragment to fragment. */
  readonly sequence: number
  readonly runs: readonly TrackRun[]
}

const BOX_HEADER = 8
const MFHD = 16
const TFHD = 16
const TFDT = 20
const TRUN_HEADER = 20
const DEFAULT_BASE_IS_MOOF = 0x02_0000
/** Which fields of `trun` are there: the data offset, and of each sample duration, size, flags and composition offset. */
const TRUN_FIELDS = { video: 0xf01, audio: 0x301 } as const
const SAMPLE_ROW = { video: 16, audio: 8 } as const
/** Composition offsets are signed. */
const VERSION_1 = 0x0100_0000

/** `moof` and `mdat`, ISO/IEC 14496-12 section 8.8: samples of one or more tracks as one Buffer. */
export function fragment({ sequence, runs }: Fragment): Buffer {
  const moofSize = runs.reduce((sum, run) => sum + trafSize(run), BOX_HEADER + MFHD)
  const mdatSize = runs.reduce((sum, run) => sum + dataSize(run), BOX_HEADER)
  const target = Buffer.allocUnsafe(moofSize + mdatSize)
  let offset = writeHeader(target, 0, moofSize, 'moof')
  offset = writeHeader(target, offset, MFHD, 'mfhd')
  offset = target.writeUInt32BE(0, offset)
  offset = target.writeUInt32BE(sequence, offset)
  let dataOffset = moofSize + BOX_HEADER
  for (const run of runs) {
    offset = writeTraf(target, offset, run, dataOffset)
    dataOffset += dataSize(run)
  }
  offset = writeHeader(target, offset, mdatSize, 'mdat')
  for (const { samples } of runs) for (const { data } of samples) offset += data.copy(target, offset)
  return target
}

function trafSize(run: TrackRun): number {
  return BOX_HEADER + TFHD + TFDT + trunSize(run)
}

function trunSize({ track, samples }: TrackRun): number {
  return TRUN_HEADER + SAMPLE_ROW[track.kind] * samples.length
}

function dataSize({ samples }: TrackRun): number {
  return samples.reduce((sum, { data }) => sum + data.length, 0)
}

function writeTraf(target: Buffer, start: number, run: TrackRun, dataOffset: number): number {
  const { track, samples, decodeTime } = run
  let offset = writeHeader(target, start, trafSize(run), 'traf')
  offset = writeHeader(target, offset, TFHD, 'tfhd')
  offset = target.writeUInt32BE(DEFAULT_BASE_IS_MOOF, offset)
  offset = target.writeUInt32BE(TRACK_IDS[track.kind], offset)
  offset = writeHeader(target, offset, TFDT, 'tfdt')
  offset = target.writeUInt32BE(VERSION_1, offset)
  offset = writeU64(target, decodeTime ?? samples[0]?.dts ?? 0, offset)
  offset = writeHeader(target, offset, trunSize(run), 'trun')
  offset = target.writeUInt32BE(VERSION_1 | TRUN_FIELDS[track.kind], offset)
  offset = target.writeUInt32BE(samples.length, offset)
  offset = target.writeInt32BE(dataOffset, offset)
  for (const sample of samples) offset = writeSampleRow(target, offset, sample, track.kind)
  return offset
}

function writeSampleRow(target: Buffer, start: number, sample: Sample, kind: Track['kind']): number {
  let offset = target.writeUInt32BE(sample.duration, start)
  offset = target.writeUInt32BE(sample.data.length, offset)
  if (kind === 'audio') return offset
  offset = target.writeUInt32BE(sample.key ? SAMPLE_FLAGS.key : SAMPLE_FLAGS.delta, offset)
  return target.writeInt32BE(sample.compositionOffset, offset)
}

function writeHeader(target: Buffer, start: number, size: number, type: string): number {
  const offset = target.writeUInt32BE(size, start)
  return offset + target.write(type, offset, 'latin1')
}
