const FIN_BINARY = 0x82
const SIXTEEN_BITS = 126
const SIXTY_FOUR_BITS = 127

/** Header of one complete, unmasked binary frame of `length` bytes (RFC 6455, section 5.2). */
export function frameHeader(length: number): Buffer {
  if (length < SIXTEEN_BITS) return Buffer.from([FIN_BINARY, length])
  if (length <= 0xffff) {
    const header = Buffer.from([FIN_BINARY, SIXTEEN_BITS, 0, 0])
    header.writeUInt16BE(length, 2)
    return header
  }
  const header = Buffer.alloc(10)
  header[0] = FIN_BINARY
  header[1] = SIXTY_FOUR_BITS
  header.writeBigUInt64BE(BigInt(length), 2)
  return header
}
