/** Ogg pages with one logical stream, RFC 3533 section 6. */
const CAPTURE = Buffer.from('OggS')
const HEADER = 27
const CHECKSUM = 22
const CONTINUED = 1
const BEGIN_OF_STREAM = 2
const SERIAL = 1
const FULL_SEGMENT = 255
const MOST_SEGMENTS = 255
/** What fits into one page: the last segment of a packet is shorter than the others. */
export const LARGEST_PACKET = FULL_SEGMENT * MOST_SEGMENTS - 1
/** Of a packet over several pages; sound is never so large. */
const LARGEST_PARTIAL = 1024 * 1024

/** Polynomial 0x04c11db7, from the highest bit: not the one of zlib. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1
  return crc
})

/** Writes each packet as a page of its own, so that none waits for the next. */
export class OggWriter {
  #sequence = 0

  /** `granule` is the position at the end of the packet, which is no longer than {@link LARGEST_PACKET}. */
  page(packet: Buffer, granule: number): Buffer {
    const segments = Math.floor(packet.length / FULL_SEGMENT) + 1
    const page = Buffer.alloc(HEADER + segments + packet.length, FULL_SEGMENT)
    page.fill(0, 0, HEADER)
    CAPTURE.copy(page)
    page[5] = this.#sequence === 0 ? BEGIN_OF_STREAM : 0
    page.writeBigUInt64LE(BigInt(Math.round(granule)), 6)
    page.writeUInt32LE(SERIAL, 14)
    page.writeUInt32LE(this.#sequence++, 18)
    page[HEADER - 1] = segments
    page[HEADER + segments - 1] = packet.length % FULL_SEGMENT
    packet.copy(page, HEADER + segments)
    page.writeUInt32LE(checksum(page), CHECKSUM)
    return page
  }
}

/** Reads packets out of pages, however they are cut; damaged pages are left out. */
export class OggReader {
  #rest: Buffer = Buffer.alloc(0)
  #partial: Buffer[] = []
  #partialBytes = 0

  push(data: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    const packets: Buffer[] = []
    for (let page = this.#nextPage(); page; page = this.#nextPage()) packets.push(...this.#packetsOf(page))
    return packets
  }

  #nextPage(): Buffer | undefined {
    for (;;) {
      const start = this.#rest.indexOf(CAPTURE)
      // The capture pattern may itself be cut
      this.#rest = this.#rest.subarray(start < 0 ? Math.max(0, this.#rest.length - CAPTURE.length + 1) : start)
      if (start < 0 || this.#rest.length < HEADER) return undefined
      const segments = this.#rest.readUInt8(HEADER - 1)
      if (this.#rest.length < HEADER + segments) return undefined
      const lengths = this.#rest.subarray(HEADER, HEADER + segments)
      const size = lengths.reduce((sum, length) => sum + length, HEADER + segments)
      if (this.#rest.length < size) return undefined
      const page = this.#rest.subarray(0, size)
      const sound = checksum(page) === page.readUInt32LE(CHECKSUM)
      this.#rest = this.#rest.subarray(sound ? size : CAPTURE.length)
      if (sound) return page
      this.#forgetPartial()
    }
  }

  #packetsOf(page: Buffer): Buffer[] {
    const packets: Buffer[] = []
    const segments = page.readUInt8(HEADER - 1)
    if (((page[5] ?? 0) & CONTINUED) === 0) this.#forgetPartial()
    let offset = HEADER + segments
    for (const length of page.subarray(HEADER, offset)) {
      this.#partial.push(page.subarray(offset, offset + length))
      this.#partialBytes += length
      offset += length
      if (length === FULL_SEGMENT) continue
      packets.push(Buffer.concat(this.#partial))
      this.#forgetPartial()
    }
    if (this.#partialBytes > LARGEST_PARTIAL) this.#forgetPartial()
    return packets
  }

  #forgetPartial(): void {
    this.#partial = []
    this.#partialBytes = 0
  }
}

/** Over the page with its checksum taken as 0. */
function checksum(page: Buffer): number {
  let crc = 0
  for (const [index, byte] of page.entries()) {
    const value = index >= CHECKSUM && index < CHECKSUM + 4 ? 0 : byte
    crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ value) & 0xff] ?? 0)) >>> 0
  }
  return crc
}
