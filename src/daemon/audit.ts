import { AuditTrail } from '../services/audit-trail.ts'
import type { AuditEntry } from '../services/ports.ts'
import { type AuditFile, readAudit } from '../store/audit-file.ts'

/** The audit in `file`, of which the newest entries are at hand. */
export function auditTrail(dataDir: string, file: AuditFile): AuditTrail {
  return new AuditTrail(file, async (limit) => {
    await file.flush()
    const newest: AuditEntry[] = []
    for await (const entry of readAudit(dataDir, { limit })) newest.push(entry)
    return newest
  })
}
