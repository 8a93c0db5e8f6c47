import { useSignal } from '@preact/signals'
import { Button } from '../parts/basics.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormProblem, PasswordField, Segments, TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { call, type UserView } from '../state/api.ts'
import { say } from '../state/toasts.ts'

const ROLES = [
  ['viewer', 'Viewer'],
  ['admin', 'Admin'],
] as const

export function CreateUser({ onClose }: { onClose(): void }) {
  const name = useSignal('')
  const role = useSignal('viewer')
  const password = useSignal('')
  const form = useForm(async () => {
    const order = {
      name: name.value.trim(),
      password: password.value,
      role: role.value === 'admin' ? 'admin' : 'viewer',
    } as const
    await call('createUser', order)
    say(`${order.name} may log in.`)
    onClose()
  })
  return (
    <Dialog title="Create a user" onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <TextField
          label="Name"
          required
          autofocus
          max={64}
          help="Letters, digits and . _ @ + -"
          value={name.value}
          onValue={(value) => {
            name.value = value
          }}
        />
        <Segments
          label="Role"
          value={role.value}
          choices={ROLES}
          help="Admins may do everything, viewers only look."
          onValue={(value) => {
            role.value = value
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
        <FormProblem text={form.problem} />
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={form.busy}>
            Create
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

export function SetPassword({ user, onClose }: { readonly user: UserView; onClose(): void }) {
  const password = useSignal('')
  const form = useForm(async () => {
    await call('changePassword', { name: user.name, password: password.value })
    say(`${user.name} has a new password, and is logged out everywhere.`)
    onClose()
  })
  return (
    <Dialog title={`Set the password of ${user.name}`} onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <PasswordField
          label="New password"
          autocomplete="new-password"
          required
          autofocus
          help="At least 8 characters. Every login of that user ends."
          error={form.problem}
          value={password.value}
          onValue={(value) => {
            password.value = value
          }}
        />
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={form.busy}>
            Set password
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
