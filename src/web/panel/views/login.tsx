import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Button } from '../parts/basics.tsx'
import { PasswordField, TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { Mark } from '../parts/icon.tsx'
import { logIn, notice } from '../state/session.ts'

export function Login() {
  const name = useSignal('')
  const password = useSignal('')
  const form = useForm(() => logIn(name.value.trim(), password.value))
  useEffect(() => {
    document.title = 'Log in · amsctl'
    document.querySelector<HTMLElement>('[data-autofocus="true"]')?.focus()
  }, [])
  return (
    <main class="gate">
      <form class="gate-card" onSubmit={form.submit}>
        <Mark />
        <h1>Log in to amsctl</h1>
        {notice.value && (
          <p class="gate-note" role="status">
            {notice.value}
          </p>
        )}
        <TextField
          label="Name"
          autocomplete="username"
          required
          autofocus
          value={name.value}
          onValue={(value) => {
            name.value = value
          }}
        />
        <PasswordField
          label="Password"
          autocomplete="current-password"
          required
          value={password.value}
          error={form.problem}
          onValue={(value) => {
            password.value = value
          }}
        />
        <Button kind="primary" submit busy={form.busy}>
          Log in
        </Button>
        <p class="gate-hint">
          Password lost? On the server: <code>amsctl user passwd NAME</code>
        </p>
      </form>
    </main>
  )
}
