import { signal } from '@preact/signals'

/** The time in milliseconds, for what is told in relation to it: it goes on for whoever looks. */
export const now = signal(Date.now())

const tick = () => {
  if (!document.hidden) now.value = Date.now()
}

setInterval(tick, 1000)
document.addEventListener('visibilitychange', tick)
