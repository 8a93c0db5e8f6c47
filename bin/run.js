#!/usr/bin/env node
import { execute } from '@oclif/core'

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

await execute({ dir: import.meta.url })
