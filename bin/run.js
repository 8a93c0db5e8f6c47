#!/usr/bin/env node

// Whoever reads has gone (`| head -1`): nothing is wrong. Anything else, such as a full disk, loses the result.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') process.stderr.write(`error: cannot write: ${error.message}\n`)
    process.exit(error.code === 'EPIPE' ? 0 : 5)
  })
}

const { execute } = await import('@oclif/core')
await execute({ dir: import.meta.url })
