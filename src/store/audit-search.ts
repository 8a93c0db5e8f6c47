import { type FileHandle, open } from 'node:fs/promises'
import { type AuditEntry, type AuditFilter, fitsAudit } from '../domain/audit.ts'
import type { AuditQuery } from '../services/ports.ts'
import { auditPath, KEPT, readEntry } from './audit-file.ts'

/** Small enough that the media of a stream need not wait for what stands in it. */
const CHUNK = 64 * 1024
const NEWLINE = 10

/** The newest entries on disk that fit, oldest first; none where `before` is no longer there. */
export async function searchAudit(dataDir: string, { limit, before, ...filter }: AuditQuery): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  const mayFit = glanceFor(filter)
  let isBehind = before === undefined
  for await (const lines of linesOf(dataDir)) {
    for (const line of lines) {
      if (!isBehind) isBehind = line === before
      else if (mayFit(line)) found.push(...readEntry(line).filter((entry) => fitsAudit(entry, filter)))
      if (found.length === limit) return found.reverse()
    }
  }
  return found.reverse()
}

/** What a line must hold lest it be read in vain: reading takes ten times as long, and there may be a million. */
function glanceFor({ events, streamId, text = '' }: AuditFilter): (line: string) => boolean {
  const marks = events?.map((event) => `"event":${JSON.stringify(event)}`)
  const name = streamId === undefined ? '' : `"streamId":${JSON.stringify(streamId)}`
  const wanted = JSON.stringify(text.toLowerCase()).slice(1, -1)
  return (line) =>
    line.includes(name) &&
    (wanted === '' || line.toLowerCase().includes(wanted)) &&
    (marks === undefined || marks.some((mark) => line.includes(mark)))
}

/** Of all files, the newest line first, some hundred at a time. */
async function* linesOf(dataDir: string): AsyncGenerator<string[]> {
  const seen = new Set<number>()
  for (let age = 0; age <= KEPT; age++) {
    const file = await open(auditPath(dataDir, age)).catch(() => undefined)
    if (!file) continue
    try {
      const { ino, size } = await file.stat()
      // Renamed while the one before it was read.
      if (!seen.has(ino)) yield* linesFromEnd(file, size)
      seen.add(ino)
    } finally {
      await file.close()
    }
  }
}

async function* linesFromEnd(file: FileHandle, size: number): AsyncGenerator<string[]> {
  let rest: Buffer = Buffer.alloc(0)
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK)
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    const bytes = Buffer.concat([buffer, rest])
    // The line that the chunk begins in begins before it.
    const first = start === 0 ? -1 : bytes.indexOf(NEWLINE)
    rest = start > 0 && first === -1 ? bytes : bytes.subarray(0, Math.max(0, first))
    if (rest !== bytes) {
      yield bytes
        .toString('utf8', first + 1)
        .split('\n')
        .reverse()
    }
  }
}
