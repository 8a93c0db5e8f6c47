/** What a check is about; the exit code tells which class failed. */
export type CheckClass = 'configuration' | 'store' | 'network' | 'media' | 'self-test'
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip'

export interface Check {
  readonly name: string
  readonly class: CheckClass
  readonly status: CheckStatus
  readonly message: string
}

/** In the order of what stops amsctl first; of several failures the first decides. The numbers are those of ERRORS. */
const EXITS: readonly (readonly [CheckClass, number])[] = [
  ['store', 5],
  ['network', 5],
  ['media', 5],
  ['configuration', 2],
  ['self-test', 4],
]

/** 0 where nothing failed; warnings and what was skipped do not count. */
export function exitOf(checks: readonly Check[]): number {
  const failed = (kind: CheckClass) => checks.some((check) => check.class === kind && check.status === 'fail')
  return EXITS.find(([kind]) => failed(kind))?.[1] ?? 0
}

/** Makes the results of one check, which differ in status and message only. */
export function named(name: string, kind: CheckClass): (status: CheckStatus, message: string) => Check {
  return (status, message) => ({ name, class: kind, status, message })
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
