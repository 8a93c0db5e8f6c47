import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { parseDuration, parseMoment } from '../../../domain/duration.ts'
import type { TokenType } from '../../../domain/token.ts'
import type { StreamName } from '../../../services/daemon-operations.ts'
import type { MintOrder } from '../../../services/operations.ts'
import { Button } from '../parts/basics.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ChoiceField, FormProblem, Segments, TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { call } from '../state/api.ts'
import { useFetched } from '../state/fetched.ts'
import { mintedTokens } from '../state/secrets.ts'
import { changes, status, streams } from '../state/streams.ts'

interface Props {
  /** What is chosen at first. */
  readonly type: TokenType
  readonly stream: StreamName | null
  onClose(): void
}

const BLANK = {
  app: '',
  streamId: '',
  type: '',
  count: '1',
  uses: '1',
  expire: '',
  notBefore: '',
  maxSession: '',
  ip: '',
  note: '',
}
type Draft = typeof BLANK

/** Of the fields that are read here; what is wrong with one begins with its label. */
const LABELS = {
  count: 'How many tokens',
  uses: 'Uses of each',
  expire: 'Expires',
  notBefore: 'Not before',
  maxSession: 'Longest session',
} as const

const TYPES = [
  ['play', 'Play'],
  ['publish', 'Publish'],
] as const

export function MintDialog({ type, stream, onClose }: Props) {
  const draft = useSignal<Draft>({ ...BLANK, ...stream, type })
  const apps = status.value?.apps ?? []
  const app = draft.value.app || (apps[0] ?? '')
  const form = useForm(async () => {
    mintedTokens.value = await call('createTokens', orderOf({ ...draft.value, app }))
    onClose()
  })
  const [wrong] = Object.entries(LABELS).find(([, label]) => form.problem?.startsWith(`${label}: `)) ?? []
  useEffect(() => document.querySelector<HTMLElement>('dialog [aria-invalid="true"]')?.focus(), [form.problem])
  const settings = useFetched(() => call('showSettings'), changes.settings)
  const lasts = settings.value?.find(({ name }) => name === 'default-expire')?.value
  const field = (name: keyof Draft) => ({
    value: draft.value[name],
    error: name === wrong ? form.problem : null,
    onValue: (value: string) => {
      draft.value = { ...draft.value, [name]: value }
    },
  })
  return (
    <Dialog title="Mint tokens" onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <Segments label="For" choices={TYPES} {...field('type')} />
        <div class="pair">
          <TextField
            label="Stream"
            required
            autofocus
            max={128}
            placeholder="cam1"
            help="* and ? stand for several streams."
            suggestions={streams.value?.map(({ streamId }) => streamId)}
            {...field('streamId')}
          />
          <ChoiceField label="App" choices={apps.map((app) => [app, app] as const)} {...field('app')} value={app} />
        </div>
        <div class="pair">
          <TextField label={LABELS.count} numeric required {...field('count')} />
          <TextField label={LABELS.uses} required help="A number, or unlimited." {...field('uses')} />
        </div>
        <TextField
          label={LABELS.expire}
          placeholder={lasts === undefined ? 'As the settings say' : `In ${lasts}, as the settings say`}
          help="A span such as 90s, 15m, 24h or 7d, a moment such as 2027-01-31T20:00:00Z, or never."
          {...field('expire')}
        />
        <details>
          <summary>More options</summary>
          <div class="dialog-body">
            <div class="pair">
              <TextField
                label={LABELS.notBefore}
                placeholder="At once"
                help="A span or a moment."
                {...field('notBefore')}
              />
              <TextField label={LABELS.maxSession} placeholder="No limit" help="Such as 2h." {...field('maxSession')} />
            </div>
            <TextField
              label="Only from"
              placeholder="Any address"
              help="An address or a CIDR such as 203.0.113.0/24."
              {...field('ip')}
            />
          </div>
        </details>
        <TextField label="Note" max={256} help="For you: who it is for." {...field('note')} />
        <FormProblem text={wrong === undefined ? form.problem : null} />
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={form.busy}>
            Mint
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

/** What is left empty is left to the server. */
function orderOf(draft: Draft): MintOrder {
  const now = Math.floor(Date.now() / 1000)
  const text = (name: keyof Draft) => draft[name].trim()
  const uses = text('uses').toLowerCase()
  return {
    app: draft.app,
    streamId: text('streamId'),
    type: draft.type as TokenType,
    count: whole(LABELS.count, text('count')),
    uses: uses === 'unlimited' ? null : whole(LABELS.uses, uses || '1'),
    ...(text('expire') && { expireDate: named(LABELS.expire, () => parseMoment(text('expire'), now)) }),
    ...(text('notBefore') && { notBefore: named(LABELS.notBefore, () => parseMoment(text('notBefore'), now)) }),
    ...(text('maxSession') && { maxSession: named(LABELS.maxSession, () => parseDuration(text('maxSession'))) }),
    ...(text('ip') && { ip: text('ip') }),
    ...(text('note') && { note: text('note') }),
  }
}

function whole(name: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new Error(`${name}: "${text}" is not a whole number from 1 on.`)
}

function named<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : 'cannot be read'}.`)
  }
}
