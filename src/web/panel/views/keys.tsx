import { useSignal } from '@preact/signals'
import { Button, Command, Copy, Empty, Loading, Problem, ViewHead } from '../parts/basics.tsx'
import { confirmed, Dialog } from '../parts/dialog.tsx'
import { TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { moment } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { call } from '../state/api.ts'
import { useFetched } from '../state/fetched.ts'
import { createdKey } from '../state/secrets.ts'
import { isAdmin } from '../state/session.ts'
import { changes } from '../state/streams.ts'
import { doing } from '../state/toasts.ts'

const COLUMNS = ['Key', 'Note', 'Created']

export function Keys() {
  const list = useFetched(() => call('listApiKeys'), changes.keys)
  const isCreating = useSignal(false)
  const create = () => {
    isCreating.value = true
  }
  return (
    <>
      <ViewHead title="API keys" lead="For programs that call the REST API from other machines.">
        {isAdmin.value && (
          <Button kind="primary" icon="plus" onPress={create}>
            Create a key
          </Button>
        )}
      </ViewHead>
      {list.problem !== null && <Problem text={list.problem} onRetry={list.reload} />}
      {list.value === null && list.problem === null && <Loading />}
      {list.value?.length === 0 && (
        <Empty
          icon="keys"
          title="No API keys"
          text="The REST API serves this machine, and who brings a key. Create one for each program, so that each can be revoked alone."
          command="amsctl apikey create --note 'website'"
        />
      )}
      {list.value !== null && list.value.length > 0 && (
        <Table caption="API keys" columns={isAdmin.value ? [...COLUMNS, 'Actions'] : COLUMNS}>
          {list.value.map((key) => (
            <tr key={key.id}>
              <Cell name="Key" kind="head">
                <span class="mono">{key.id}</span>
              </Cell>
              <Cell name="Note">
                <span class="note">{key.note ?? '–'}</span>
              </Cell>
              <Cell name="Created" kind="time">
                {moment(key.createdAt)}
              </Cell>
              {isAdmin.value && (
                <Cell name="Actions" kind="actions">
                  <Button kind="quiet" label={`Revoke ${key.id}`} onPress={() => void revoke(key.id)}>
                    Revoke
                  </Button>
                </Cell>
              )}
            </tr>
          ))}
        </Table>
      )}
      {isCreating.value && (
        <Create
          onClose={() => {
            isCreating.value = false
          }}
        />
      )}
    </>
  )
}

function Create({ onClose }: { onClose(): void }) {
  const note = useSignal('')
  const form = useForm(async () => {
    createdKey.value = (await call('createApiKey', { note: note.value.trim() || null })).key
    onClose()
  })
  return (
    <Dialog title="Create an API key" onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <TextField
          label="Note"
          autofocus
          max={256}
          help="Which program it is for."
          error={form.problem}
          value={note.value}
          onValue={(value) => {
            note.value = value
          }}
        />
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

/** The one time that it is shown. */
export function CreatedKey({ secret, onClose }: { readonly secret: string; onClose(): void }) {
  return (
    <Dialog title="API key created" keep onClose={onClose}>
      <div class="dialog-body">
        <p class="once" role="status">
          <Icon name="eye" />
          <span>
            <strong>Copy it now.</strong> The key is shown this once: only its hash is stored.
          </span>
        </p>
        <div class="command">
          <code>{secret}</code>
          <Copy text={secret} what="key" />
        </div>
        <p class="dialog-text">Programs send it as a header:</p>
        <Command text={`Authorization: Bearer ${secret}`} />
        <footer class="dialog-foot">
          <Button kind="primary" onPress={onClose}>
            I have copied it
          </Button>
        </footer>
      </div>
    </Dialog>
  )
}

async function revoke(id: string): Promise<void> {
  const yes = await confirmed({
    title: `Revoke ${id}?`,
    text: 'The program that uses it is refused from now on. It cannot be undone.',
    action: 'Revoke the key',
  })
  if (yes) await doing(call('revokeApiKey', { id }), () => `${id} is revoked.`)
}
