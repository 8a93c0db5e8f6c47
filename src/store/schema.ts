import { AmsctlError } from '../domain/errors.ts'

/** The version of all that the store writes; a newer one on disk is refused. */
export const SCHEMA_VERSION = 1

export function refuseNewer(path: string, version: number): void {
  if (version <= SCHEMA_VERSION) return
  throw new AmsctlError(
    'STORE_NEWER',
    `${path} has schema version ${version}, and this amsctl knows ${SCHEMA_VERSION}; use the newer amsctl that wrote it`,
  )
}
