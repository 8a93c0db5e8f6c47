import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'

/** A service that is not up until it was sent SIGHUP. */
const SERVICE = `
import { once } from 'node:events'
import { runUntilSignal } from '${new URL('../../dist/cli/signals.js', import.meta.url)}'
// Waiting for a signal keeps no process alive.
setInterval(() => undefined, 1000)
const tell = (text) => new Promise((told) => process.stdout.write(text + '\\n', told))
await runUntilSignal(async () => {
  queueMicrotask(() => void tell('starting'))
  await once(process, 'SIGHUP')
  return { reload: () => tell('reloaded'), close: () => tell('closed') }
}, () => void tell('up'))
`

it('a service that is told to reload while it starts goes on, and reloads once it is up', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SERVICE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (line === 'starting') child.kill('SIGHUP')
    if (said.includes('up') && said.includes('reloaded')) child.kill('SIGTERM')
  }
  expect(said.toSorted()).toEqual(['closed', 'reloaded', 'starting', 'up'])
  expect((await exited)[0]).toBe(0)
})
