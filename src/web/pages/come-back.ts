import { pause } from './abort.ts'
import { UNREACHABLE } from './session.ts'
import { wordsFor } from './words.ts'

const ASKS_EACH = 3000

/** A part of the page did not come: says so, and loads the page anew when the server answers again. */
export async function comeBack(root: HTMLElement): Promise<void> {
  const { title, detail } = wordsFor(UNREACHABLE)
  const notice = document.createElement('p')
  notice.className = 'plain'
  notice.role = 'alert'
  notice.textContent = `${title}. ${detail}`
  root.replaceChildren(notice)
  do await pause(ASKS_EACH, new AbortController().signal)
  while (!(await isThere()))
  location.reload()
}

async function isThere(): Promise<boolean> {
  return fetch(location.pathname, { method: 'HEAD' }).then(
    ({ ok }) => ok,
    () => false,
  )
}
