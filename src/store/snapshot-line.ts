import { crc32 } from 'node:zlib'
import { formatCrc } from './journal-line.ts'
import { decodeRecord, encodeRecord } from './record-codec.ts'
import type { StoredRecord } from './records.ts'
import { SCHEMA_VERSION } from './schema.ts'

/** Closes the snapshot's array and object. */
export const SNAPSHOT_END = ']}'

/** `,"` checksum `"]` */
const TAIL_LENGTH = 12

export function snapshotHead(generation: number): string {
  return `{"v":${SCHEMA_VERSION},"gen":${generation},"tokens":[`
}

/** Reads the first line; undefined where it is none. The generation of a newer version is not looked at. */
export function readSnapshotHead(line: string): { version: number; generation: number } | undefined {
  try {
    const { v: version, gen: generation = 0 }: { v?: unknown; gen?: unknown } = JSON.parse(`${line}${SNAPSHOT_END}`)
    if (!Number.isSafeInteger(version) || !Number.isSafeInteger(generation)) return undefined
    return { version: version as number, generation: generation as number }
  } catch {
    // Not JSON: no head.
    return undefined
  }
}

/** `["key",{…},"crc32"]`, the checksum being over what stands before it. */
export function snapshotLine(key: string, record: StoredRecord): string {
  const text = `[${JSON.stringify(key)},${encodeRecord(record)}`
  return `${text},"${formatCrc(crc32(text))}"]`
}

/** Reads a line, with or without its comma; undefined where its checksum is wrong. */
export function readSnapshotLine(line: Buffer): [string, StoredRecord] | undefined {
  const end = line.length - (line.at(-1) === 0x2c ? 1 : 0)
  const text = line.subarray(0, Math.max(0, end - TAIL_LENGTH))
  if (line.toString('latin1', text.length, end) !== `,"${formatCrc(crc32(text))}"]`) return undefined
  const [key, record]: unknown[] = JSON.parse(`${text.toString()}]`)
  return decodeRecord(key, record)
}
