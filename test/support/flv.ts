import type { MediaPacket, PacketKind } from '../../src/media/ports.ts'

const FLV_HEADER = 9 + 4
const TAG_HEADER = 11
const TAG_TRAILER = 4
const KINDS = new Map<number, PacketKind>([
  [8, 'audio'],
  [9, 'video'],
  [18, 'metadata'],
])

export interface FlvTag {
  readonly kind: PacketKind
  readonly dts: number
  readonly payload: Buffer
}

/** Reads FLV as it comes in; throws on the first byte that is not FLV. */
export class FlvReader {
  readonly tags: FlvTag[] = []
  #rest = Buffer.alloc(0)
  #started = false

  push(chunk: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    if (!this.#started) this.#readHeader()
    while (this.#started && this.#readTag());
  }

  /** The payloads of all video frames as text, for streams of {@link LiveSource}. */
  get frames(): string[] {
    return this.tags.filter(isFrame).map(({ payload }) => payload.subarray(5).toString().replace(/\.+$/, ''))
  }

  #readHeader(): void {
    if (this.#rest.length < FLV_HEADER) return
    if (this.#rest.toString('latin1', 0, 3) !== 'FLV') throw new Error(`no FLV: ${this.#rest.subarray(0, 32)}`)
    this.#rest = this.#rest.subarray(FLV_HEADER)
    this.#started = true
  }

  #readTag(): boolean {
    if (this.#rest.length < TAG_HEADER) return false
    const kind = KINDS.get(this.#rest.readUInt8(0))
    if (!kind) throw new Error(`no FLV tag: type ${this.#rest.readUInt8(0)}`)
    const end = TAG_HEADER + this.#rest.readUIntBE(1, 3)
    if (this.#rest.length < end + TAG_TRAILER) return false
    if (this.#rest.readUInt32BE(end) !== end) throw new Error('an FLV tag whose trailer does not match its size')
    const dts = this.#rest.readUIntBE(4, 3) + this.#rest.readUInt8(7) * 2 ** 24
    this.tags.push({ kind, dts, payload: Buffer.from(this.#rest.subarray(TAG_HEADER, end)) })
    this.#rest = this.#rest.subarray(end + TAG_TRAILER)
    return true
  }
}

/** A tag of H.264 or AAC as the packet that it was. */
export function packetOf({ kind, dts, payload }: FlvTag): MediaPacket {
  const config = kind !== 'metadata' && payload[1] === 0
  const key = kind === 'video' && (payload[0] ?? 0) >> 4 === 1 && !config
  return { kind, dts, payload, config, key }
}

function isFrame({ kind, payload }: FlvTag): boolean {
  return kind === 'video' && payload[1] === 1
}
