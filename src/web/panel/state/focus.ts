/** Sends the focus to the heading where what had it is gone, such as a row that was deleted: keys begin nowhere else. */
export function keepFocus(): () => void {
  let last: Element | null = null
  const note = () => {
    last = document.activeElement
  }
  const forget = () => {
    last = null
  }
  const observer = new MutationObserver(() => {
    if (last === null || last.isConnected || document.activeElement !== document.body) return
    last = null
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
  })
  observer.observe(document.body, { childList: true, subtree: true })
  addEventListener('focusin', note)
  // Who points needs no place for keys.
  addEventListener('pointerdown', forget)
  return () => {
    observer.disconnect()
    removeEventListener('focusin', note)
    removeEventListener('pointerdown', forget)
  }
}
