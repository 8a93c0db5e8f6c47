const BITS_32 = 2 ** 32

/** One box of ISO/IEC 14496-12, section 4.2. */
export function box(type: string, ...content: readonly Buffer[]): Buffer {
  const size = content.reduce((sum, part) => sum + part.length, 8)
  return Buffer.concat([u32(size), Buffer.from(type, 'latin1'), ...content], size)
}

/** A box that begins with its version and flags. */
export function fullBox(type: string, version: number, flags: number, ...content: readonly Buffer[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...content)
}

export function u8(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt8(value, index)
  return buffer
}

export function u16(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt16BE(value, 2 * index)
  return buffer
}

export function u32(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, 4 * index)
  return buffer
}

/** Writes a 64-bit number that a double can hold; returns the offset behind it. */
export function writeU64(target: Buffer, value: number, offset: number): number {
  return target.writeUInt32BE(value % BITS_32, target.writeUInt32BE(Math.floor(value / BITS_32), offset))
}
