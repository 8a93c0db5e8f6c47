import type { Credential } from '../domain/access.ts'
import { isSecretShaped } from '../domain/secret.ts'

const CARRIERS = ['token', 'session'] as const

/** What a query carries as `token=` or `session=`: null for neither, malformed for more than one of them. */
export function credentialFrom(params: URLSearchParams): Credential | null {
  const found = CARRIERS.flatMap((kind) => params.getAll(kind).map((secret) => ({ kind, secret })))
  const [first] = found
  if (!first) return null
  return found.length === 1 && isSecretShaped(first.secret) ? first : { kind: 'malformed' }
}
