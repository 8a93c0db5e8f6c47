import type { Milliseconds } from '../domain/units.ts'
import type { MediaPacket } from './ports.ts'

/** Below what a viewer may have queued, or every join would already count as slow. */
const LARGEST_GOP = 6 * 1024 * 1024

/** The sequence headers and metadata of a stream as last seen. */
export class StreamHeaders {
  readonly #latest = new Map<MediaPacket['kind'], MediaPacket>()
  /** Grows with every change, so that a viewer can tell whether it missed one. */
  version = 0

  /** Keeps a header; returns whether it takes the place of another one. */
  put(packet: MediaPacket): boolean {
    const before = this.#latest.get(packet.kind)
    if (before?.payload.equals(packet.payload)) return false
    this.#latest.set(packet.kind, packet)
    this.version++
    return before !== undefined
  }

  /**
   * All headers, metadata first, stamped with the time of the media that they are sent before. Metadata is at 0, since
   * FFmpeg takes any other for a subtitle, and then waits for more of them.
   */
  at(dts: number): MediaPacket[] {
    const order = ['metadata', 'video', 'audio'] as const
    const headers = order.flatMap((kind) => this.#latest.get(kind) ?? [])
    return headers.map((packet) => ({ ...packet, dts: packet.kind === 'metadata' ? 0 : dts }))
  }

  clear(): void {
    this.#latest.clear()
    this.version++
  }
}

/** Everything since the last key frame, for those who join. */
export class GopCache {
  #packets: MediaPacket[] = []
  #bytes = 0

  get packets(): readonly MediaPacket[] {
    return this.#packets
  }

  add(packet: MediaPacket): void {
    if (packet.key) this.clear()
    else if (this.#packets.length === 0) return
    this.#packets.push(packet)
    this.#bytes += packet.payload.length
    if (this.#bytes > LARGEST_GOP) this.clear()
  }

  clear(): void {
    this.#packets = []
    this.#bytes = 0
  }
}

/** What one who comes now has missed: the headers, and everything since the last key frame. */
export class StreamCache {
  readonly #headers = new StreamHeaders()
  readonly #gop = new GopCache()
  #latestDts: Milliseconds = 0

  /** Of the headers; grows with every change. */
  get version(): number {
    return this.#headers.version
  }

  get hasPictures(): boolean {
    return this.#gop.packets.length > 0
  }

  get packets(): MediaPacket[] {
    const gop = this.#gop.packets
    return [...this.#headers.at(gop[0]?.dts ?? this.#latestDts), ...gop]
  }

  headersAt(dts: Milliseconds): MediaPacket[] {
    return this.#headers.at(dts)
  }

  add(packet: MediaPacket): void {
    this.#latestDts = packet.dts
    if (!packet.config) {
      this.#gop.add(packet)
      return
    }
    const replaced = this.#headers.put(packet)
    // What was coded under the old configuration cannot be read with the new one.
    if (replaced && packet.kind !== 'metadata') this.#gop.clear()
  }

  /** The headers stay. */
  clearPictures(): void {
    this.#gop.clear()
  }

  clear(): void {
    this.#headers.clear()
    this.#gop.clear()
  }
}
