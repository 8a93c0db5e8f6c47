import type { Credential } from '../domain/access.ts'
import { isSecretShaped } from '../domain/secret.ts'

const CARRIERS = ['token', 'session'] as const

/** What a query carries as `token=` or `session=`: null for neither or an empty one, malformed for more than one. */
export function credentialFrom(params: URLSearchParams): Credential | null {
  const found = CARRIERS.flatMap((kind) => params.getAll(kind).map((secret) => ({ kind, secret })))
  const given = found.filter(({ secret }) => secret !== '')
  const [first] = given
  if (!first) return null
  return given.length === 1 && isSecretShaped(first.secret) ? first : { kind: 'malformed' }
}
