import { crc32 } from 'node:zlib'
import { decodeKey, decodeRecord, encodeRecord } from './record-codec.ts'
import type { Change } from './records.ts'
import type { StoredRecord } from './stored-record.ts'
import { TimeSlice } from './time-slice.ts'

/** One line of a journal, which is one commit: `crc32 {"c":number,"p":[key,record,…],"d":[key,…]}`. */
export interface JournalLine {
  /**
   * The commit number: how long the journal was, durably, when the group that this line belongs to was written. So
   * every byte before it had reached the disk, and lines that share it had not been told to anybody one by one.
   */
  readonly commit: number
  readonly puts: readonly (readonly [string, StoredRecord])[]
  readonly drops: readonly string[]
}

const CRC_LENGTH = 8
const NEWLINE = 10
/** Starts every payload, and cannot occur within one: JSON escapes the quotes of a string. */
const PAYLOAD = Buffer.from(' {"c":')

/** The line for `changes`, in pieces; a long one is made in several turns of the event loop. */
export async function encodeLine(commit: number, changes: readonly Change[]): Promise<string[]> {
  const slice = new TimeSlice()
  const drops: string[] = []
  const pieces: string[] = []
  let piece = `{"c":${commit}`
  let separator = ',"p":['
  for (const { key, record } of changes) {
    if (!record) drops.push(key)
    else {
      piece += `${separator}${JSON.stringify(key)},${encodeRecord(record)}`
      separator = ','
    }
    if (!slice.isOver()) continue
    pieces.push(piece)
    piece = ''
    await slice.next()
  }
  if (separator === ',') piece += ']'
  if (drops.length > 0) piece += `,"d":${JSON.stringify(drops)}`
  pieces.push(`${piece}}`)
  const crc = pieces.reduce((sum, text) => crc32(text, sum), 0)
  return [`${formatCrc(crc)} `, ...pieces, '\n']
}

/**
 * Reads a line without its newline; undefined where its checksum is wrong.
 * @throws SyntaxError where the checksum is right and yet this is no commit as this version writes it
 */
export function decodeLine(line: Buffer): JournalLine | undefined {
  if (line[CRC_LENGTH] !== PAYLOAD[0]) return undefined
  const payload = line.subarray(CRC_LENGTH + 1)
  if (line.toString('latin1', 0, CRC_LENGTH) !== formatCrc(crc32(payload))) return undefined
  return parsePayload(payload.toString())
}

/** The first sound line at or after `from` whose commit number is higher than `commit`, wherever it starts. */
export function findLaterLine(journal: Buffer, from: number, commit: number): number | undefined {
  let payload = journal.indexOf(PAYLOAD, from)
  for (; payload !== -1; payload = journal.indexOf(PAYLOAD, payload + 1)) {
    const end = journal.indexOf(NEWLINE, payload)
    if (end === -1) return undefined
    const start = payload - CRC_LENGTH
    const line = start < from ? undefined : decodeLine(journal.subarray(start, end))
    if (line && line.commit > commit) return start
  }
  return undefined
}

export function formatCrc(crc: number): string {
  return crc.toString(16).padStart(CRC_LENGTH, '0')
}

function parsePayload(text: string): JournalLine {
  const { c: commit, p: flat = [], d: drops = [] }: { c?: unknown; p?: unknown; d?: unknown } = JSON.parse(text)
  if (typeof commit !== 'number' || !Array.isArray(flat) || !Array.isArray(drops)) throw new SyntaxError('no commit')
  const puts: [string, StoredRecord][] = []
  for (let at = 0; at < flat.length; at += 2) puts.push(decodeRecord(flat[at], flat[at + 1]))
  return { commit, puts, drops: drops.map(decodeKey) }
}
