import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Milliseconds } from '../../../domain/units.ts'
import { wordsOf } from './api.ts'

export interface Fetched<T> {
  /** The last answer; null: none yet. */
  readonly value: T | null
  readonly problem: string | null
  /** Fetches again. */
  reload(): void
}

/** Somebody who types is waited for. */
const TYPING = 200

/** What `fetch` answers, and again whenever `changed` counts on or `key` is another; one at a time. */
export function useFetched<T>(fetch: () => Promise<T>, changed: ReadonlySignal<number>, key = ''): Fetched<T> {
  const value = useSignal<T | null>(null)
  const problem = useSignal<string | null>(null)
  const run = useRef({ fetch, isOn: false, isStale: false })
  run.current.fetch = fetch
  const reload = async () => {
    const { current } = run
    current.isStale = true
    if (current.isOn) return
    current.isOn = true
    while (current.isStale) {
      current.isStale = false
      try {
        const answer = await current.fetch()
        if (current.isStale) continue
        value.value = answer
        problem.value = null
      } catch (error) {
        problem.value = wordsOf(error)
      }
    }
    current.isOn = false
  }
  const wait = value.value === null ? 0 : TYPING
  useEffect(() => {
    const timer = setTimeout(() => void reload(), wait)
    return () => clearTimeout(timer)
  }, [changed.value, key])
  return { value: value.value, problem: problem.value, reload: () => void reload() }
}

const LONGEST_TIMER: Milliseconds = 2 ** 31 - 1

/** Fetches again when what `wait` tells of the last answer is over: for changes that no event tells of. */
export function useAgain<T>({ value, reload }: Fetched<T>, wait: (value: T) => Milliseconds | null): void {
  useEffect(() => {
    const span = value === null ? null : wait(value)
    if (span === null) return
    const timer = setTimeout(reload, Math.min(LONGEST_TIMER, span))
    return () => clearTimeout(timer)
  }, [value])
}
