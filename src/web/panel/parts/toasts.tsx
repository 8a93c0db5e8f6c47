import { dismiss, toasts } from '../state/toasts.ts'
import { Icon } from './icon.tsx'

/** What has been done, and what has failed, for a while. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite" aria-relevant="additions">
      {toasts.value.map(({ id, kind, text }) => (
        <div class={`toast toast-${kind}`} key={id}>
          <Icon name={kind === 'done' ? 'done' : 'warning'} />
          <p>{text}</p>
          <button type="button" class="copy" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}
