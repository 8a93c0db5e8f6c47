/** A part of a file of the store that could not be read. */
export interface Loss {
  /** Its name in the data directory. */
  readonly file: string
  /** Of the first line of the part, from 1; null where the file as a whole is meant. */
  readonly line: number | null
  /** Where the part starts, in bytes from the start of the file. */
  readonly byte: number
  /** How long it is; 0: something is missing there. */
  readonly bytes: number
  readonly what: string
}

/** Joins `loss` to the one before it where it goes on from there. */
export function addLoss(losses: Loss[], loss: Loss): void {
  const last = losses.at(-1)
  const goesOn = last?.file === loss.file && last.what === loss.what && last.byte + last.bytes === loss.byte
  if (last && goesOn) losses.splice(-1, 1, { ...last, bytes: last.bytes + loss.bytes })
  else losses.push(loss)
}
