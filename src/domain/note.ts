import { AmsctlError } from './errors.ts'

const LONGEST_NOTE = 256

/** Returns `note` if it is short enough to be kept as a remark. */
export function parseNote(note: string | null): string | null {
  if (note === null || (typeof note === 'string' && note.length <= LONGEST_NOTE)) return note
  throw new AmsctlError('BAD_VALUE', `a note is text of at most ${LONGEST_NOTE} characters`)
}
