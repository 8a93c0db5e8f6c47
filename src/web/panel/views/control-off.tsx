import { Icon } from '../parts/icon.tsx'
import { hrefOf } from '../state/route.ts'
import { isAdmin } from '../state/session.ts'
import { status } from '../state/streams.ts'

/** Where tokens are not asked for, whoever looks at streams or tokens should know. */
export function ControlOff() {
  const control = status.value?.tokenControl
  const open = [control?.publish === false && 'publish', control?.play === false && 'play'].filter(Boolean)
  if (open.length === 0) return null
  const scope = open.length === 2 ? '' : open[0] === 'publish' ? ' for publishing' : ' for playing'
  return (
    <p class="hint">
      <Icon name="warning" />
      <span>
        Token control{scope} is off: anybody who reaches this server may {open.join(' and ')} without a token.
      </span>
      {isAdmin.value && (
        <a class="hint-link" href={hrefOf('settings')}>
          Turn it on
        </a>
      )}
    </p>
  )
}
