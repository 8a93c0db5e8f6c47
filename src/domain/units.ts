/** Seconds since 1970-01-01 UTC, as AMS's `expireDate` counts them. */
export type UnixSeconds = number

/** A span in seconds. */
export type Seconds = number

/** A span or an instant in milliseconds; which of the two the name says. */
export type Milliseconds = number

/** RFC 3339 in UTC, to the second: `2026-01-31T12:00:00Z`. */
export function toRfc3339(at: UnixSeconds): string {
  return new Date(at * 1000).toISOString().replace('.000Z', 'Z')
}
