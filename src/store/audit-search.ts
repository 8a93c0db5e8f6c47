import { type FileHandle, open } from 'node:fs/promises'
import { type AuditEntry, fitsAudit } from '../domain/audit.ts'
import type { AuditQuery } from '../services/ports.ts'
import { auditPath, KEPT, readEntry } from './audit-file.ts'

const CHUNK = 256 * 1024
const NEWLINE = 10

/** The newest entries on disk that fit, oldest first; none where `before` is no longer there. */
export async function searchAudit(dataDir: string, { limit, before, ...filter }: AuditQuery): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  let isBehind = before === undefined
  for await (const line of linesOf(dataDir)) {
    if (isBehind) found.push(...readEntry(line).filter((entry) => fitsAudit(entry, filter)))
    else isBehind = line === before
    if (found.length === limit) break
  }
  return found.reverse()
}

/** Of all files, the newest line first. */
async function* linesOf(dataDir: string): AsyncGenerator<string> {
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

async function* linesFromEnd(file: FileHandle, size: number): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK)
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    const bytes = Buffer.concat([buffer, rest])
    // The line that the chunk begins in begins before it.
    const first = start === 0 ? -1 : bytes.indexOf(NEWLINE)
    rest = start > 0 && first === -1 ? bytes : bytes.subarray(0, Math.max(0, first))
    if (rest !== bytes)
      yield* bytes
        .toString('utf8', first + 1)
        .split('\n')
        .reverse()
  }
}
