import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Button, Command } from '../parts/basics.tsx'
import { FormProblem, PasswordField, TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { Mark } from '../parts/icon.tsx'
import { ApiError } from '../state/api.ts'
import { check, setUp } from '../state/session.ts'

/** While no user exists. */
export function FirstRun({ allowed }: { readonly allowed: boolean }) {
  useEffect(() => {
    document.title = 'Welcome · amsctl'
    document.querySelector<HTMLElement>('[data-autofocus="true"]')?.focus()
  }, [])
  return <main class="gate">{allowed ? <CreateAdmin /> : <NotFromHere />}</main>
}

function CreateAdmin() {
  const name = useSignal('')
  const password = useSignal('')
  const again = useSignal('')
  const form = useForm(async () => {
    if (password.value !== again.value) throw new Error('The two passwords differ.')
    await setUp(name.value.trim(), password.value).catch(async (error: unknown) => {
      // Somebody was first.
      if (error instanceof ApiError && error.code === 'USER_EXISTS') await check()
      throw error
    })
  })
  return (
    <form class="gate-card" onSubmit={form.submit}>
      <Mark />
      <h1>Welcome to amsctl</h1>
      <p class="gate-lead">Create the first admin. From then on, this panel needs a login.</p>
      <TextField
        label="Name"
        autocomplete="username"
        required
        autofocus
        max={64}
        help="Letters, digits and . _ @ + -"
        value={name.value}
        onValue={(value) => {
          name.value = value
        }}
      />
      <PasswordField
        label="Password"
        autocomplete="new-password"
        required
        help="At least 8 characters."
        value={password.value}
        onValue={(value) => {
          password.value = value
        }}
      />
      <PasswordField
        label="Password again"
        autocomplete="new-password"
        required
        value={again.value}
        onValue={(value) => {
          again.value = value
        }}
      />
      <FormProblem text={form.problem} />
      <Button kind="primary" submit busy={form.busy}>
        Create admin
      </Button>
    </form>
  )
}

function NotFromHere() {
  return (
    <div class="gate-card">
      <Mark />
      <h1>This server has no user yet</h1>
      <p class="gate-lead">
        The first admin is created on the machine itself: open this page there, follow the set-up link that{' '}
        <code>amsctl serve</code> prints, or run
      </p>
      <Command text="amsctl user create NAME --role admin" />
      <Button kind="primary" onPress={() => void check()}>
        I have done so
      </Button>
    </div>
  )
}
