import { BitReader, withoutEmulationPrevention } from '../fmp4/bit-reader.ts'
import type { RtpPacket } from './packet.ts'

/** Kinds of NAL units, H.264 table 7-1, and those that RFC 6184 adds. */
export const NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9, stapA: 24, fuA: 28 } as const

/** Fits into every tunnel's packets, with SRTP and the headers below it. */
const LARGEST_PAYLOAD = 1188
const LARGEST_UNIT = 8 * 1024 * 1024
/** Of one picture: units, and pieces of a unit. */
const MOST_PARTS = 16_384
const FU_START = 0x80
const FU_END = 0x40

export function unitType(unit: Buffer): number {
  return (unit[0] ?? 0) & 0x1f
}

/** Whether a slice refers to pictures that are shown later; H.264, section 7.3.3. */
export function isBSlice(unit: Buffer): boolean {
  if (unitType(unit) !== NAL.slice) return false
  try {
    const slice = new BitReader(withoutEmulationPrevention(unit.subarray(1, 32)))
    slice.unsignedGolomb()
    return slice.unsignedGolomb() % 5 === 1
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Payloads of the packets that carry the NAL units of one picture, RFC 6184; the last one takes the marker. */
export function packetizeH264(units: readonly Buffer[], largest = LARGEST_PAYLOAD): Buffer[] {
  return units.flatMap((unit) => (unit.length <= largest ? [unit] : fragment(unit, largest)))
}

function fragment(unit: Buffer, largest: number): Buffer[] {
  const header = unit[0] ?? 0
  const size = largest - 2
  const pieces: Buffer[] = []
  for (let at = 1; at < unit.length; at += size) {
    const start = at === 1 ? FU_START : 0
    const end = at + size >= unit.length ? FU_END : 0
    const head = Buffer.from([(header & 0xe0) | NAL.fuA, start | end | (header & 0x1f)])
    pieces.push(Buffer.concat([head, unit.subarray(at, at + size)]))
  }
  return pieces
}

/** Puts the NAL units of pictures together. Takes packets in order, without gaps but those told by {@link lost}. */
export class H264Depacketizer {
  #units: Buffer[] = []
  #pieces: Buffer[] = []
  #bytes = 0
  #timestamp: number | undefined
  /** What is left of the picture of which a packet is missing. */
  #broken = false
  /** Packets before this one are missing, perhaps the first of its picture. */
  #gap = false

  /** The units of a picture that is complete with this packet, or by the beginning of the next. */
  push(packet: RtpPacket): Buffer[] | undefined {
    const earlier = this.#timestamp !== undefined && this.#timestamp !== packet.timestamp ? this.#finish() : undefined
    if (this.#gap && this.#timestamp === undefined) this.#broken = !beginsPicture(packet.payload)
    this.#gap = false
    this.#timestamp = packet.timestamp
    this.#read(packet.payload)
    if (!packet.marker) return earlier
    const picture = this.#finish()
    return earlier && picture ? [...earlier, ...picture] : (picture ?? earlier)
  }

  /** Packets before the next one are missing. */
  lost(): void {
    this.#broken = true
    this.#gap = true
  }

  #read(payload: Buffer): void {
    this.#bytes += payload.length
    if (this.#bytes > LARGEST_UNIT || this.#units.length + this.#pieces.length > MOST_PARTS) this.#broken = true
    if (this.#broken || payload.length === 0) return
    const type = unitType(payload)
    if (type === NAL.fuA) this.#readFragment(payload)
    else if (type === NAL.stapA) this.#readAggregate(payload)
    else if (type < NAL.stapA) this.#units.push(payload)
  }

  #readAggregate(payload: Buffer): void {
    for (let at = 1; at + 2 < payload.length; ) {
      const size = payload.readUInt16BE(at)
      const unit = payload.subarray(at + 2, at + 2 + size)
      if (size === 0 || unit.length < size) return
      this.#units.push(unit)
      at += 2 + size
    }
  }

  #readFragment(payload: Buffer): void {
    const [indicator = 0, header = 0] = payload
    if (header & FU_START) this.#pieces = [Buffer.from([(indicator & 0xe0) | (header & 0x1f)])]
    else if (this.#pieces.length === 0) {
      this.#broken = true
      return
    }
    this.#pieces.push(payload.subarray(2))
    if (!(header & FU_END)) return
    this.#units.push(Buffer.concat(this.#pieces))
    this.#pieces = []
  }

  #finish(): Buffer[] | undefined {
    const units = this.#units
    const whole = !this.#broken && this.#pieces.length === 0 && units.length > 0
    this.#units = []
    this.#pieces = []
    this.#bytes = 0
    this.#broken = false
    this.#timestamp = undefined
    return whole ? units : undefined
  }
}

/** Whether a payload holds the first slice of a picture, whose first macroblock is 0, or what stands before that. */
function beginsPicture(payload: Buffer): boolean {
  const type = unitType(payload)
  if (type === NAL.stapA || (type >= NAL.sei && type <= NAL.delimiter)) return true
  const [, second = 0, third = 0] = payload
  if (type === NAL.fuA) return (second & FU_START) !== 0 && (third & 0x80) !== 0
  return (second & 0x80) !== 0
}
