import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { StreamName } from '../../../services/daemon-operations.ts'

export const VIEWS = ['streams', 'tokens', 'sessions', 'recordings', 'audit', 'settings', 'keys', 'users'] as const
export type ViewName = (typeof VIEWS)[number]

const hash = signal(location.hash)
export const address: ReadonlySignal<string> = hash
addEventListener('hashchange', () => {
  hash.value = location.hash
})

const parts = computed(() => hash.value.replace(/^#\/?/, '').split('/'))

/** The view that the address names, as in `#/tokens`. */
export const view = computed<ViewName>(() => VIEWS.find((name) => name === parts.value[0]) ?? 'streams')

/** What the address asks to begin with there, as in `#/tokens/publish` or `#/audit/tk_…`; empty: nothing. */
export const detail = computed(() => parts.value[1] ?? '')

/** The stream that it asks for there, as in `#/tokens/play/LiveApp/cam1`: names need no encoding. */
export const detailStream = computed<StreamName | null>(() => {
  const [, , app, streamId] = parts.value
  return app && streamId ? { app, streamId } : null
})

export function hrefOf(name: ViewName, what = ''): string {
  return what === '' ? `#/${name}` : `#/${name}/${what}`
}

/** As if the link had been followed. */
export function go(name: ViewName, what = ''): void {
  location.hash = hrefOf(name, what)
}

/** As if the link had led there at once: what it asked for is done, and going back does not ask again. */
export function arrive(name: ViewName): void {
  history.replaceState(null, '', hrefOf(name))
  hash.value = location.hash
}
