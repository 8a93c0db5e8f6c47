import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { type AuditEntry, type AuditFilter, fitsAudit } from '../../../domain/audit.ts'
import { call, wordsOf } from './api.ts'
import { useFetched } from './fetched.ts'
import { audit, changes } from './streams.ts'
import { say } from './toasts.ts'

const PAGE = 100

export interface History {
  /** What fits as far as it is known here, newest first. */
  readonly entries: readonly AuditEntry[]
  /** Whether the server has still to say what fits. */
  readonly isPending: boolean
  readonly problem: string | null
  readonly isBusy: boolean
  /** Whether there may be older ones that fit. */
  readonly isMore: boolean
  reload(): void
  /** Fetches older ones. */
  goBack(): Promise<void>
}

/** Entries oldest first, and whether more may come before them. */
interface Past {
  readonly key: string
  readonly entries: readonly AuditEntry[]
  readonly isMore: boolean
}

/** What fits `filter`: what happens now, and the past as far back as somebody has asked for. */
export function useHistory(filter: AuditFilter): History {
  const key = JSON.stringify(filter)
  const fetch = async (before?: string): Promise<Past> => {
    const entries = await call('recentAudit', { ...filter, limit: PAGE, ...(before !== undefined && { before }) })
    return { key, entries, isMore: entries.length === PAGE }
  }
  const newest = useFetched(fetch, changes.audit, key)
  const older = useSignal<{ readonly behind: Past | null; readonly past: Past } | null>(null)
  const isBusy = useSignal(false)
  const current = useRef<Past | null>(null)
  current.current = newest.value
  const past = older.value?.behind === newest.value ? (older.value?.past ?? null) : newest.value
  const entries = newestFirst(audit.value, past?.entries ?? []).filter((entry) => fitsAudit(entry, filter))

  const isPending = newest.value?.key !== key && newest.problem === null
  const goBack = async () => {
    const behind = newest.value
    isBusy.value = true
    try {
      const page = await fetch(JSON.stringify(entries.at(-1)))
      if (current.current === behind) {
        older.value = { behind, past: { ...page, entries: [...page.entries, ...(past?.entries ?? [])] } }
      }
    } catch (error) {
      say(wordsOf(error), 'failed')
    } finally {
      isBusy.value = false
    }
  }
  return {
    entries,
    isPending,
    problem: newest.problem,
    isBusy: isBusy.value || isPending,
    isMore: past?.isMore ?? false,
    reload: newest.reload,
    goBack,
  }
}

/** `live` is newest first already; both may know the same entry. */
function newestFirst(live: readonly AuditEntry[], past: readonly AuditEntry[]): readonly AuditEntry[] {
  const known = new Set(live.map((entry) => JSON.stringify(entry)))
  return [...live, ...[...past].reverse().filter((entry) => !known.has(JSON.stringify(entry)))]
}
