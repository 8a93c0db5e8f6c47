import { opusTrack } from '../fmp4/codecs/opus.ts'
import { opusFrame, opusHeader } from '../rtp/tags.ts'
import { AdtsReader, adtsFormat, adtsFrame, LARGEST_FRAME } from './adts.ts'
import { LARGEST_PACKET, OggReader, OggWriter } from './ogg.ts'
import type { Sound } from './ports.ts'
import { TICKS } from './sample-clock.ts'

/** Writes frames as the standard input of an ffmpeg takes them. */
export interface FrameWriter {
  /** What stands before the first frame. */
  readonly head: Buffer
  /** Undefined: a frame too long to be one. */
  write(frame: Buffer): { readonly data: Buffer; readonly ticks: number } | undefined
}

/** A frame that came out, as tag bodies. */
export interface CodedSound {
  readonly header: Buffer
  readonly body: Buffer
  readonly ticks: number
}

/** Reads frames out of what an ffmpeg writes. */
export interface FrameReader {
  /** Samples that an encoder puts before those that went in; known with the first frame. */
  readonly delay: number
  push(data: Buffer): CodedSound[]
}

/** One way between codecs. */
export interface Direction {
  readonly from: Sound
  readonly input: readonly string[]
  readonly output: readonly string[]
  /** From the sequence header's content; undefined: of a kind that cannot be handed over. */
  writer(config: Buffer): FrameWriter | undefined
  reader(): FrameReader
}

const AAC_FRAME = 1024
const AAC = 0xaf
const OPUS_HEAD_PRE_SKIP = 10
/** RFC 7845 section 5.2, with an empty vendor and no comments. */
const OPUS_TAGS = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)])

export const DIRECTIONS: Readonly<Record<Sound, Direction>> = {
  Opus: {
    from: 'AAC',
    input: ['-f', 'aac'],
    output: ['-b:a', '96k', '-frame_duration', '20', '-page_duration', '20000', '-f', 'ogg'],
    writer: adtsWriter,
    reader: () => new OpusReader(),
  },
  AAC: {
    from: 'Opus',
    input: ['-f', 'ogg'],
    output: ['-b:a', '128k', '-f', 'adts'],
    writer: oggWriter,
    reader: () => new AacReader(),
  },
}

function adtsWriter(config: Buffer): FrameWriter | undefined {
  const format = adtsFormat(config)
  if (!format) return undefined
  const ticks = (AAC_FRAME * TICKS * 1000) / format.rate
  return {
    head: Buffer.alloc(0),
    write: (frame) => (frame.length > LARGEST_FRAME ? undefined : { data: adtsFrame(format, frame), ticks }),
  }
}

function oggWriter(config: Buffer): FrameWriter | undefined {
  const head = Buffer.from(config)
  const track = readOpusHead(head)
  if (!track) return undefined
  // Streams of tags and RTP tell the time of what a packet decodes to, all of it.
  head.writeUInt16LE(0, OPUS_HEAD_PRE_SKIP)
  const ogg = new OggWriter()
  let position = 0
  return {
    head: Buffer.concat([ogg.page(head, 0), ogg.page(OPUS_TAGS, 0)]),
    write: (frame) => {
      if (frame.length > LARGEST_PACKET) return undefined
      const ticks = track.ticksOf(frame)
      position += ticks
      return { data: ogg.page(frame, position), ticks }
    },
  }
}

class OpusReader implements FrameReader {
  delay = 0
  readonly #ogg = new OggReader()
  readonly #header = opusHeader()
  #ticksOf: ((frame: Buffer) => number) | undefined
  #tagsRead = false

  push(data: Buffer): CodedSound[] {
    return this.#ogg.push(data).flatMap((packet) => this.#take(packet) ?? [])
  }

  #take(packet: Buffer): CodedSound | undefined {
    if (this.#ticksOf && this.#tagsRead) {
      return { header: this.#header, body: opusFrame(packet), ticks: this.#ticksOf(packet) }
    }
    if (this.#ticksOf) this.#tagsRead = true
    else {
      this.#ticksOf = readOpusHead(packet)?.ticksOf
      this.delay = this.#ticksOf ? packet.readUInt16LE(OPUS_HEAD_PRE_SKIP) : 0
    }
    return undefined
  }
}

class AacReader implements FrameReader {
  /** Of ffmpeg's own encoder. */
  readonly delay = AAC_FRAME
  readonly #adts = new AdtsReader()

  push(data: Buffer): CodedSound[] {
    return this.#adts.push(data).map(({ config, frame }) => ({
      header: Buffer.concat([Buffer.from([AAC, 0]), config]),
      body: Buffer.concat([Buffer.from([AAC, 1]), frame]),
      ticks: AAC_FRAME,
    }))
  }
}

function readOpusHead(head: Buffer): { ticksOf(frame: Buffer): number } | undefined {
  try {
    // The fields that are there in every family, RFC 7845 section 5.1.
    return head.length < 19 ? undefined : opusTrack(head)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
