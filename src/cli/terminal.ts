import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'

/** The terminal that this process was started on, if it was on one. */
export class Terminal {
  readonly #descriptors = [0, 1, 2].filter((descriptor) => isatty(descriptor))
  readonly #isForeground = isInForeground()

  /** Whether it was closed. */
  get isGone(): boolean {
    return this.#descriptors.some((descriptor) => !isatty(descriptor))
  }

  /** Whether what ran in it ends with it: what was sent to the background goes on. */
  get hangsUp(): boolean {
    return this.isGone && this.#isForeground
  }
}

/** Whether the process group is the one that the terminal listens to: proc_pid_stat(5). Nobody tells but on Linux. */
function isInForeground(): boolean {
  try {
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return group !== undefined && group === foreground
  } catch {
    return false
  }
}
