import { useSignal } from '@preact/signals'
import { Button } from './parts/basics.tsx'
import { Dialog } from './parts/dialog.tsx'
import { FormProblem, PasswordField } from './parts/fields.tsx'
import { useForm } from './parts/form.ts'
import { Icon } from './parts/icon.tsx'
import { ApiError } from './state/api.ts'
import { changeOwnPassword, logOut, session } from './state/session.ts'
import { doing, say } from './state/toasts.ts'

const WRONG = 'The current password is not right.'

/** Who is logged in, and what they can do about that. */
export function Account() {
  const isChanging = useSignal(false)
  const user = session.value?.user
  if (!user) return null
  return (
    <div class="account">
      <span class="avatar" aria-hidden="true">
        {user.name.charAt(0).toUpperCase()}
      </span>
      <p>
        <strong>{user.name}</strong>
        <small>{user.role === 'admin' ? 'Admin' : 'Viewer, may only look'}</small>
      </p>
      <div class="account-actions">
        <button
          type="button"
          class="copy"
          aria-label="Change your password"
          title="Change your password"
          onClick={() => {
            isChanging.value = true
          }}
        >
          <Icon name="lock" />
        </button>
        <button
          type="button"
          class="copy"
          aria-label="Log out"
          title="Log out"
          onClick={() => void doing(logOut(), () => 'You are logged out.')}
        >
          <Icon name="out" />
        </button>
      </div>
      {isChanging.value && (
        <OwnPassword
          onClose={() => {
            isChanging.value = false
          }}
        />
      )}
    </div>
  )
}

function OwnPassword({ onClose }: { onClose(): void }) {
  const current = useSignal('')
  const next = useSignal('')
  const form = useForm(async () => {
    await changeOwnPassword(current.value, next.value).catch((error: unknown) => {
      // The server says so of a login, where the name may be the wrong one.
      throw error instanceof ApiError && error.code === 'WRONG_PASSWORD' ? new Error(WRONG) : error
    })
    say('Your password is changed. Every other login of yours has ended.')
    onClose()
  })
  return (
    <Dialog title="Change your password" onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <PasswordField
          label="Current password"
          autocomplete="current-password"
          required
          autofocus
          value={current.value}
          onValue={(value) => {
            current.value = value
          }}
        />
        <PasswordField
          label="New password"
          autocomplete="new-password"
          required
          help="At least 8 characters."
          value={next.value}
          onValue={(value) => {
            next.value = value
          }}
        />
        <FormProblem text={form.problem} />
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={form.busy}>
            Change password
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
