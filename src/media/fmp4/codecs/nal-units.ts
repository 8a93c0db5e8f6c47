export interface NalUnits {
  readonly units: readonly Buffer[]
  /** The offset behind them. */
  readonly end: number
}

/** Reads `count` NAL units, each behind its length of 16 bits. Throws a RangeError where they are cut short. */
export function readUnits(record: Buffer, start: number, count: number): NalUnits {
  const units: Buffer[] = []
  let end = start
  for (let i = 0; i < count; i++) {
    const begin = end + 2
    end = begin + record.readUInt16BE(end)
    if (end > record.length) throw new RangeError('a NAL unit that is cut short')
    units.push(record.subarray(begin, end))
  }
  return { units, end }
}

/** NAL units as samples hold them, each behind its length of `lengthSize` bytes. */
export function lengthPrefixed(units: readonly Buffer[], lengthSize: number): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(lengthSize)
      length.writeUIntBE(unit.length, 0, lengthSize)
      return [length, unit]
    }),
  )
}
