import { Flags } from '@oclif/core'
import { auditLine, auditSentence } from '../cli/audit-text.ts'
import { BaseCommand } from '../cli/base-command.ts'
import type { AuditEntry } from '../domain/audit.ts'
import { followAudit, readAudit } from '../store/audit-file.ts'

const LAST_ON_TERMINAL = 50

export default class Audit extends BaseCommand {
  static override summary = 'Show every admission, refusal and change: when, who, from where, which token, why.'
  static override description = 'Works without a daemon. With --json: one object a line.'
  static override examples = ['<%= config.bin %> audit --limit 20', '<%= config.bin %> audit --follow --json']

  static override flags = {
    follow: Flags.boolean({ summary: 'Go on with what happens from now on.' }),
    limit: Flags.integer({
      summary: 'Only the newest N (default: 50 on a terminal or with --follow, otherwise all).',
      helpValue: 'N',
      min: 0,
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Audit)
    const dataDir = this.dataDir(flags)
    const limit = flags.limit ?? (process.stdout.isTTY || flags.follow ? LAST_ON_TERMINAL : undefined)
    // Following starts before the past is read, so that nothing falls between the two; what both yield is shown once.
    const following = flags.follow ? followAudit(dataDir, new AbortController().signal) : undefined
    let next = following?.next()
    // It is awaited only once the past is read.
    next?.catch(() => undefined)
    const shown = new Set<string>()
    for await (const entry of readAudit(dataDir, limit === undefined ? {} : { limit })) {
      if (following) shown.add(JSON.stringify(entry))
      this.#show(entry)
    }
    while (following && next) {
      const { value, done } = await next
      if (done) return
      if (!shown.delete(JSON.stringify(value))) this.#show(value)
      next = following.next()
    }
  }

  #show(entry: AuditEntry): void {
    process.stdout.write(`${this.#line(entry)}\n`)
  }

  #line(entry: AuditEntry): string {
    if (this.jsonEnabled()) return JSON.stringify(entry)
    return process.stdout.isTTY ? auditSentence(entry, this.colors(process.stdout)) : auditLine(entry)
  }
}
