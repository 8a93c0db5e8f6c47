import { render } from 'preact'
import type { Wanted } from './address.ts'
import { comeBack } from './come-back.ts'
import { Page } from './page.tsx'
import { Icon } from './player/icons.tsx'

/**
 * Nothing is asked of the server before a person presses: what previews links for chats and mail may run scripts, but
 * it presses no buttons.
 */
export function showShare(root: HTMLElement, wanted: Wanted): void {
  const publish = async () => {
    const { showPublisher } = await import('./publish.tsx')
    render(null, root)
    showPublisher(root, wanted)
  }
  let pressed = false
  const open = async () => {
    if (pressed) return
    pressed = true
    if (wanted.publish) return publish()
    const { showPlayer } = await import('./play.tsx')
    render(null, root)
    showPlayer(root, { ...wanted, autoplay: true }, () => void publish())
    root.querySelector<HTMLElement>('.player')?.focus({ preventScroll: true })
  }
  render(<Invitation wanted={wanted} onPress={() => void open().catch(() => comeBack(root))} />, root)
  // A link that is pasted over another one of this page loads nothing by itself.
  addEventListener('hashchange', () => location.reload())
}

function Invitation({ wanted, onPress }: { readonly wanted: Wanted; readonly onPress: () => void }) {
  const { name, publish } = wanted
  return (
    <Page title={name}>
      <div class="stage">
        <div class="invitation">
          <button
            type="button"
            class="player-press"
            onClick={onPress}
            aria-label={publish ? 'Go to the studio' : 'Play'}
          >
            <Icon name={publish ? 'microphone' : 'play'} />
          </button>
          <p class="player-title">{publish ? 'You are invited to broadcast' : 'You are invited to watch'}</p>
          <p class="player-detail">
            {publish
              ? 'Press to choose your camera and microphone. Nothing is sent before you start.'
              : 'Press to play. The link opens the stream for this browser.'}
          </p>
        </div>
      </div>
    </Page>
  )
}
