import { signal } from '@preact/signals'
import { wordsOf } from './api.ts'

export interface Toast {
  readonly id: number
  readonly kind: 'done' | 'failed'
  readonly text: string
}

const SHOWN_FOR = { done: 5000, failed: 12_000 } as const
const MOST = 4

export const toasts = signal<readonly Toast[]>([])
let last = 0

export function say(text: string, kind: Toast['kind'] = 'done'): void {
  const id = ++last
  toasts.value = [...toasts.value, { id, kind, text }].slice(-MOST)
  setTimeout(() => dismiss(id), SHOWN_FOR[kind])
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

/** Does `work` and says how that went; undefined after a failure. */
export async function doing<T>(work: Promise<T>, done: (result: T) => string): Promise<T | undefined> {
  try {
    const result = await work
    say(done(result))
    return result
  } catch (error) {
    say(wordsOf(error), 'failed')
    return undefined
  }
}
