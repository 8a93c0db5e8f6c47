/** What lies over the picture goes away when nobody has moved for so long. */
const RESTS_AFTER = 3000

/** Marks `frame` with `data-awake` from now on for a while, and whenever somebody moves, touches or types in it. */
export function keepAwake(frame: HTMLElement, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const rest = () => {
    clearTimeout(timer)
    delete frame.dataset.awake
  }
  const wake = () => {
    clearTimeout(timer)
    frame.dataset.awake = ''
    timer = setTimeout(rest, RESTS_AFTER)
  }
  for (const kind of ['pointermove', 'pointerdown', 'keydown', 'focusin'])
    frame.addEventListener(kind, wake, { signal })
  frame.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && rest(), { signal })
  signal.addEventListener('abort', rest)
  wake()
}
