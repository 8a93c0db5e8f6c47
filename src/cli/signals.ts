import type { Milliseconds } from '../domain/units.ts'
import { Terminal } from './terminal.ts'

/** Ending later than this would look like a hang; all that was promised is on disk by then. */
const PATIENCE: Milliseconds = 4500

/** Under npm a Ctrl-C comes twice: from the terminal, and passed on by npm. That is one signal. */
const ECHO: Milliseconds = 100

interface Service {
  close(): Promise<void>
  reload(): Promise<void>
}

/**
 * Starts a service and runs it until SIGTERM or SIGINT closes it; a second signal ends the process at once.
 * SIGHUP reloads, and closes it where it tells that its terminal was closed. `announce` is told when it is up.
 */
export async function runUntilSignal<S extends Service>(
  start: () => Promise<S>,
  announce: (service: S) => void,
): Promise<void> {
  const terminal = new Terminal()
  const asked = firstSignal(terminal)
  const starting = start()
  process.on('SIGHUP', () => {
    // A start that fails is told of by whoever waits for it.
    if (!terminal.hangsUp) starting.then((service) => service.reload()).catch(() => undefined)
  })
  const service = await starting
  announce(service)
  await asked
  await service.close()
  // The threads of WebRTC keep the event loop alive when nothing is left to do.
  leave(terminal)
}

/** Node aborts when it exits and cannot give the terminal back as it was. */
function leave({ isGone }: Terminal): void {
  if (!isGone) process.exit(0)
  process.removeAllListeners('SIGHUP')
  process.kill(process.pid, 'SIGHUP')
}

function firstSignal(terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    let first: Milliseconds | undefined
    const onSignal = (signal: NodeJS.Signals) => {
      if (first === undefined) {
        first = Date.now()
        setTimeout(leave, PATIENCE, terminal).unref()
        resolve()
      } else if (Date.now() - first > ECHO) {
        process.exit(signal === 'SIGINT' ? 130 : 143)
      }
    }
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
    process.on('SIGHUP', (signal) => terminal.hangsUp && onSignal(signal))
  })
}
