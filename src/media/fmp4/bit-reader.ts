/** Reads bits, most significant first; throws a RangeError past the end. */
export class BitReader {
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Up to 32 bits as an unsigned number. */
  bits(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) value = value * 2 + this.#bit()
    return value
  }

  flag(): boolean {
    return this.#bit() === 1
  }

  skip(count: number): void {
    if (this.#position + count > this.#bytes.length * 8) throw new RangeError('out of bits')
    this.#position += count
  }

  /** ue(v) of H.264, section 9.1; AV1's uvlc() is the same. */
  unsignedGolomb(): number {
    let zeros = 0
    while (this.#bit() === 0) zeros++
    if (zeros > 31) throw new RangeError('an Exp-Golomb code of more than 32 bits')
    return 2 ** zeros - 1 + this.bits(zeros)
  }

  /** se(v) of H.264, section 9.1.1. */
  signedGolomb(): number {
    const code = this.unsignedGolomb()
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2
  }

  #bit(): number {
    const byte = this.#bytes[this.#position >> 3]
    if (byte === undefined) throw new RangeError('out of bits')
    return (byte >> (7 - (this.#position++ & 7))) & 1
  }
}

/** The payload of a NAL unit without the bytes that keep start codes out of it. */
export function withoutEmulationPrevention(unit: Buffer): Buffer {
  return Buffer.from(unit.filter((byte, i) => !(byte === 3 && unit[i - 1] === 0 && unit[i - 2] === 0)))
}
