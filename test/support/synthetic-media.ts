import { parsePacket } from '../../src/media/packet.ts'
import type { MediaPacket } from '../../src/media/ports.ts'

/** `AVCDecoderConfigurationRecord`s of x264 in baseline profile. */
const AVC = {
  small: '0142c00cffe100176742c00cda05067e7c0440000003004000000c83c50aa801000468ce0fc8',
  large: '0142c01effe100196742c01eda0280bfe5c044000003000400000300c83c58ba8001000468ce0fc8',
} as const
/** AAC-LC at 44.1 kHz, stereo and mono. */
const ASC = { stereo: '1210', mono: '1208' } as const

function packet(kind: 'audio' | 'video', dts: number, body: Buffer): MediaPacket {
  const parsed = parsePacket(kind, dts, body)
  if (!parsed) throw new Error('no packet')
  return parsed
}

/** 320 × 180 or 640 × 360. */
export function videoConfig(size: keyof typeof AVC = 'small', dts = 0): MediaPacket {
  return packet('video', dts, Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), Buffer.from(AVC[size], 'hex')]))
}

export function audioConfig(sound: keyof typeof ASC = 'stereo', dts = 0): MediaPacket {
  return packet('audio', dts, Buffer.concat([Buffer.from([0xaf, 0]), Buffer.from(ASC[sound], 'hex')]))
}

/** A picture that nobody could show, `size` bytes in the MP4. */
export function picture(dts: number, { key = false, size = 10, compositionTime = 0 } = {}): MediaPacket {
  const body = Buffer.alloc(5 + size, 1)
  body[0] = key ? 0x17 : 0x27
  body.writeIntBE(compositionTime, 2, 3)
  return packet('video', dts, body)
}

/** 23.2 ms of sound that nobody could hear. */
export function sound(dts: number, { size = 3 } = {}): MediaPacket {
  return packet('audio', dts, Buffer.concat([Buffer.from([0xaf, 1]), Buffer.alloc(size, Buffer.from([2, 3, 4]))]))
}

const FRAME = 40
const SOUND = 1024 / 44.1

export interface Span {
  /** Times in milliseconds. */
  readonly from: number
  readonly to: number
  /** Pictures from key frame to key frame. */
  readonly gop?: number
  /** Bytes of a picture. */
  readonly size?: number
  readonly video?: boolean
  readonly audio?: boolean
}

/** 25 pictures a second and 43 frames of sound, in the order of their times. */
export function span({ from, to, gop = 50, size = 10, video = true, audio = true }: Span): MediaPacket[] {
  const pictures = Array.from({ length: video ? Math.ceil((to - from) / FRAME) : 0 }, (_, i) =>
    picture(from + i * FRAME, { key: i % gop === 0, size }),
  )
  const sounds = Array.from({ length: audio ? Math.ceil((to - from) / SOUND) : 0 }, (_, i) =>
    sound(Math.round(from + i * SOUND)),
  )
  return [...pictures, ...sounds].sort((a, b) => a.dts - b.dts)
}

export function configs({ video = true, audio = true } = {}): MediaPacket[] {
  return [...(video ? [videoConfig()] : []), ...(audio ? [audioConfig()] : [])]
}

/** Packets cut short, with bytes changed, at wild times, between sound ones; the same each time. */
export function* hostilePackets(count: number): Generator<MediaPacket> {
  let state = 7
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * below)
  }
  const sane = [...configs(), videoConfig('large'), audioConfig('mono'), ...span({ from: 0, to: 200 })]
  for (let i = 0; i < count; i++) {
    const packet = sane[random(sane.length)] ?? picture(0)
    const payload = Buffer.from(packet.payload.subarray(0, 1 + random(packet.payload.length)))
    if (random(3) === 0) payload[random(payload.length)] = random(256)
    const dts = random(50) === 0 ? random(2 ** 32) : i * 10
    const hostile = parsePacket(packet.kind, dts, random(3) === 0 ? payload : packet.payload)
    if (hostile) yield hostile
  }
}
