import { crc32 } from 'node:zlib'
import { formatCrc } from './journal-line.ts'
import { decodeRecord, encodeRecord } from './record-codec.ts'
import { SCHEMA_VERSION } from './schema.ts'
import type { StoredRecord } from './stored-record.ts'

/** Closes the snapshot's array and object. */
export const SNAPSHOT_END = ']}'

/** `,"` checksum `"]` */
const TAIL_LENGTH = 12
/** `["` */
const KEY_START = 2
const QUOTE = 0x22
const COMMA = 0x2c

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

/** The key of a line, with or without its comma; undefined where its checksum is wrong. */
export function readSnapshotKey(line: Buffer): string | undefined {
  const text = soundText(line)
  return text?.toString('latin1', KEY_START, text.indexOf(QUOTE, KEY_START))
}

/**
 * Reads a line, with or without its comma; undefined where its checksum is wrong.
 * @throws SyntaxError where the checksum is right and yet this is no record of this version
 */
export function readSnapshotLine(line: Buffer): [string, StoredRecord] | undefined {
  const text = soundText(line)
  if (!text) return undefined
  const [key, record]: unknown[] = JSON.parse(`${text.toString()}]`)
  return decodeRecord(key, record)
}

/** What the checksum of a line is over; undefined where it is wrong. */
function soundText(line: Buffer): Buffer | undefined {
  const end = line.length - (line.at(-1) === COMMA ? 1 : 0)
  const text = line.subarray(0, Math.max(0, end - TAIL_LENGTH))
  return line.toString('latin1', text.length, end) === `,"${formatCrc(crc32(text))}"]` ? text : undefined
}
