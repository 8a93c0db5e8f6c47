import type { RtpPacket } from '../rtp/packet.ts'
import { writeRtp } from '../rtp/packet.ts'

/** How many packets of a track can be asked for again; some 2 to 5 seconds of video. */
const SIZE = 1024

type Media = Pick<RtpPacket, 'marker' | 'timestamp' | 'payload'>

/** One track on its way to viewers: numbers its packets and keeps the latest. */
export class PacketRing {
  readonly ssrc: number
  readonly payloadType: number
  packets = 0
  octets = 0
  readonly #kept = new Array<Buffer | undefined>(SIZE)
  #next = 0

  constructor({ ssrc, payloadType }: { readonly ssrc: number; readonly payloadType: number }) {
    this.ssrc = ssrc
    this.payloadType = payloadType
  }

  write(media: Media): Buffer {
    const sequenceNumber = this.#next
    const { payloadType, ssrc } = this
    const packet = writeRtp({ ...media, payloadType, ssrc, sequenceNumber, timestamp: media.timestamp >>> 0 })
    this.#kept[sequenceNumber % SIZE] = packet
    this.#next = (sequenceNumber + 1) & 0xffff
    this.packets++
    this.octets += media.payload.length
    return packet
  }

  /** The packet of that number; undefined: it is too old, or was never. */
  get(sequenceNumber: number): Buffer | undefined {
    const packet = this.#kept[sequenceNumber % SIZE]
    return packet?.readUInt16BE(2) === sequenceNumber ? packet : undefined
  }
}
