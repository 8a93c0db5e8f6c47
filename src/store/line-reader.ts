import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK = 1 << 20
const NEWLINE = 10

/** The lines of a file, without their newlines, a chunk at a time; a last line without a newline counts as one. */
export function* readLines(path: string): Generator<Buffer> {
  const fd = openSync(path, 'r')
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK)
      const length = readSync(fd, chunk)
      if (length === 0) break
      rest = yield* wholeLines(Buffer.concat([rest, chunk.subarray(0, length)]))
    }
    if (rest.length > 0) yield rest
  } finally {
    closeSync(fd)
  }
}

function* wholeLines(bytes: Buffer): Generator<Buffer, Buffer> {
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    yield bytes.subarray(start, end)
    start = end + 1
  }
  return bytes.subarray(start)
}
