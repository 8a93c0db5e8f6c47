import type { ErrorCode } from '../../domain/errors.ts'

/**
 * The control socket speaks JSON, one object a line. The server opens with a {@link Hello}; then every
 * {@link Call} gets one {@link Reply}, in any order. Bumped when an older peer could misunderstand.
 */
export const PROTOCOL = 1

export interface Hello {
  readonly amsctl: string
  readonly protocol: number
}

export interface Call {
  readonly id: number
  readonly method: string
  readonly params: unknown
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } }
