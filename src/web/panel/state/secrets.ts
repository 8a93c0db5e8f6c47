import { signal } from '@preact/signals'
import type { MintedToken } from './api.ts'

/** Shown once, whatever view the address names meanwhile: nobody gets them back by going back. */
export const mintedTokens = signal<readonly MintedToken[]>([])
export const createdKey = signal<string | null>(null)

export function forgetSecrets(): void {
  mintedTokens.value = []
  createdKey.value = null
}
