import { AmsctlError } from '../domain/errors.ts'

/** Reads a request body that must be a JSON object; BAD_REQUEST. */
export function readJsonObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (cause) {
    throw new AmsctlError('BAD_REQUEST', 'the body is not JSON', { cause })
  }
  throw new AmsctlError('BAD_REQUEST', 'the body is not a JSON object')
}
