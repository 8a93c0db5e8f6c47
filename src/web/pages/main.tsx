import { readAddress } from './address.ts'
import { comeBack } from './come-back.ts'

const root = document.getElementById('page')
const wanted = readAddress(location, history.state)

/** One script for all three pages: each loads what it needs. */
async function begin(element: HTMLElement): Promise<void> {
  element.replaceChildren()
  document.title = wanted.name || document.title
  if (document.body.dataset.page === 'play') (await import('./play.tsx')).showPlayer(element, wanted)
  else if (document.body.dataset.page === 'publish') (await import('./publish.tsx')).showPublisher(element, wanted)
  else (await import('./share.tsx')).showShare(element, wanted)
}

if (root) begin(root).catch(() => comeBack(root))
