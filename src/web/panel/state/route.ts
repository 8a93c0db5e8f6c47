import { computed, signal } from '@preact/signals'

export const VIEWS = ['streams', 'tokens', 'sessions', 'recordings', 'audit', 'settings', 'keys', 'users'] as const
export type ViewName = (typeof VIEWS)[number]

const hash = signal(location.hash)
addEventListener('hashchange', () => {
  hash.value = location.hash
})

const parts = computed(() => hash.value.replace(/^#\/?/, '').split('/'))

/** The view that the address names, as in `#/tokens`. */
export const view = computed<ViewName>(() => VIEWS.find((name) => name === parts.value[0]) ?? 'streams')

/** Whether the address asks to begin with the making of something, as in `#/tokens/new`. */
export const isNew = computed(() => parts.value[1] === 'new')

export function hrefOf(name: ViewName): string {
  return `#/${name}`
}

/** As if the link had been followed. */
export function go(name: ViewName, what: 'new' | null = null): void {
  location.hash = what === null ? hrefOf(name) : `${hrefOf(name)}/${what}`
}
