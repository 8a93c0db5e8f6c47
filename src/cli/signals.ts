import type { Milliseconds } from '../domain/units.ts'

/** Ending later than this would look like a hang; all that was promised is on disk by then. */
const PATIENCE: Milliseconds = 4500

interface Service {
  close(): Promise<void>
  reload(): Promise<void>
}

/**
 * Starts a service and runs it until SIGTERM or SIGINT closes it; a second signal ends the process at once.
 * SIGHUP reloads. `announce` is told when it is up.
 */
export async function runUntilSignal<S extends Service>(
  start: () => Promise<S>,
  announce: (service: S) => void,
): Promise<void> {
  const asked = firstSignal()
  const service = await start()
  process.on('SIGHUP', () => void service.reload())
  announce(service)
  await asked
  await service.close()
}

function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0
    const onSignal = (signal: NodeJS.Signals) => {
      if (++signals > 1) process.exit(signal === 'SIGINT' ? 130 : 143)
      setTimeout(() => process.exit(0), PATIENCE).unref()
      resolve()
    }
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  })
}
