import type { Place } from './session.ts'

/** What a frame of another site holds for a reload of it: in this tab, and below that site, alone. */
export function heldSession(place: Place): string | null {
  try {
    return sessionStorage.getItem(keyOf(place))
  } catch {
    return null
  }
}

/** A browser that keeps nothing for frames of other sites leaves it at that. */
export function holdSession(place: Place, session: string): void {
  try {
    sessionStorage.setItem(keyOf(place), session)
  } catch {}
}

function keyOf({ app, streamId, type }: Place): string {
  return `amsctl ${type} ${app}/${streamId}`
}
