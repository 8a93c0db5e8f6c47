import { useSignal } from '@preact/signals'
import { Badge, Button, Loading, Problem, ViewHead } from '../parts/basics.tsx'
import { confirmed } from '../parts/dialog.tsx'
import { moment } from '../parts/format.ts'
import { Cell, Table } from '../parts/table.tsx'
import { call, type UserView } from '../state/api.ts'
import { useFetched } from '../state/fetched.ts'
import { isAdmin, session } from '../state/session.ts'
import { changes } from '../state/streams.ts'
import { doing } from '../state/toasts.ts'
import { CreateUser, SetPassword } from './user-dialogs.tsx'

/** What somebody of a role can be made. */
const OTHER = {
  admin: { role: 'viewer', words: 'a viewer', meaning: 'may only look from now on' },
  viewer: { role: 'admin', words: 'an admin', meaning: 'may do everything from now on' },
} as const

const COLUMNS = ['Name', 'Role', 'Since']

export function Users() {
  const list = useFetched(() => call('listUsers'), changes.users)
  const opened = useSignal<UserView | 'new' | null>(null)
  const close = () => {
    opened.value = null
  }
  return (
    <>
      <ViewHead title="Users" lead="Who may log in. Admins may do everything, viewers only look.">
        {isAdmin.value && (
          <Button
            kind="primary"
            icon="plus"
            onPress={() => {
              opened.value = 'new'
            }}
          >
            Create a user
          </Button>
        )}
      </ViewHead>
      {list.problem !== null && <Problem text={list.problem} onRetry={list.reload} />}
      {list.value === null && list.problem === null && <Loading />}
      {list.value !== null && (
        <Table caption="Users" columns={isAdmin.value ? [...COLUMNS, 'Actions'] : COLUMNS}>
          {list.value.map((user) => (
            <Row
              key={user.id}
              user={user}
              onPassword={() => {
                opened.value = user
              }}
            />
          ))}
        </Table>
      )}
      {opened.value === 'new' && <CreateUser onClose={close} />}
      {opened.value !== null && opened.value !== 'new' && <SetPassword user={opened.value} onClose={close} />}
    </>
  )
}

function Row({ user, onPassword }: { readonly user: UserView; onPassword(): void }) {
  const isSelf = user.id === session.value?.user?.id
  return (
    <tr>
      <Cell name="Name" kind="head">
        <span class="strong">{user.name}</span> {isSelf && <Badge tone="info">you</Badge>}
      </Cell>
      <Cell name="Role">
        <Badge tone={user.role === 'admin' ? 'good' : 'dim'}>{user.role}</Badge>
      </Cell>
      <Cell name="Since" kind="time">
        {moment(user.createdAt)}
      </Cell>
      {isAdmin.value && (
        <Cell name="Actions" kind="actions">
          {!isSelf && (
            <>
              <Button kind="quiet" label={`Change role of ${user.name}`} onPress={() => void turn(user)}>
                Change role
              </Button>
              <Button kind="quiet" label={`Set password of ${user.name}`} onPress={onPassword}>
                Set password
              </Button>
              <Button kind="quiet" icon="trash" label={`Delete ${user.name}`} onPress={() => void remove(user)}>
                Delete
              </Button>
            </>
          )}
        </Cell>
      )}
    </tr>
  )
}

async function turn({ name, role: before }: UserView): Promise<void> {
  const { role, words, meaning } = OTHER[before]
  const yes = await confirmed({
    title: `Make ${name} ${words}?`,
    text: `${name} ${meaning}, is logged out everywhere, and has to log in again.`,
    action: `Make ${words}`,
  })
  if (yes) await doing(call('changeRole', { name, role }), () => `${name} is ${words}.`)
}

async function remove({ name }: UserView): Promise<void> {
  const yes = await confirmed({
    title: `Delete ${name}?`,
    text: 'Every login of that user ends at once.',
    action: 'Delete the user',
  })
  if (yes) await doing(call('deleteUser', { name }), () => `${name} is deleted.`)
}
