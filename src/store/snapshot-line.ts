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

/** The first line. Its checksum is over what stands before it: a wrong generation would leave a journal out. */
export function snapshotHead(generation: number): string {
  const text = `{"v":${SCHEMA_VERSION},"gen":${generation}`
  return `${text},"crc":"${formatCrc(crc32(text))}","tokens":[`
}

export interface SnapshotHead {
  readonly version: number
  readonly generation: number
  /** False for one of an earlier version, which has no checksum. */
  readonly isChecked: boolean
}

/** Reads the first line; undefined where it is none. The generation of a newer version is not looked at. */
export function readSnapshotHead(line: string): SnapshotHead | undefined {
  const head = parseHead(line)
  if (!head || head.version > SCHEMA_VERSION) return head
  const { generation, isChecked } = head
  const sound = isChecked ? snapshotHead(generation) : `{"v":${SCHEMA_VERSION},"gen":${generation},"tokens":[`
  return line === sound ? head : undefined
}

function parseHead(line: string): SnapshotHead | undefined {
  try {
    const { v: version, gen = 0, crc }: Record<string, unknown> = JSON.parse(`${line}${SNAPSHOT_END}`)
    if (typeof version !== 'number' || typeof gen !== 'number') return undefined
    if (!Number.isSafeInteger(version) || !Number.isSafeInteger(gen)) return undefined
    return { version, generation: gen, isChecked: crc !== undefined }
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
