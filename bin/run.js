#!/usr/bin/env node
import { fstatSync, writeFileSync } from 'node:fs'

// Whoever reads has gone (`| head -1`): nothing is wrong. Anything else, such as a full disk, loses the result.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') process.stderr.write(`error: cannot write: ${error.message}\n`)
    process.exit(error.code === 'EPIPE' ? 0 : 5)
  })
  if (isFile(stream)) stream._write = writeWhole
}

function isFile({ fd }) {
  try {
    return fstatSync(fd).isFile()
  } catch {
    // It was closed before this began.
    return false
  }
}

/** Node's own stream to a file takes half a write, as on a disk that fills up, for a whole one. */
function writeWhole(chunk, _encoding, done) {
  try {
    writeFileSync(this.fd, chunk)
    done()
  } catch (error) {
    done(error)
  }
}

const { execute } = await import('@oclif/core')
await execute({ dir: import.meta.url })
