import { useSignal } from '@preact/signals'
import { parseDuration, parseMoment } from '../../../domain/duration.ts'
import type { TokenType } from '../../../domain/token.ts'
import type { MintOrder } from '../../../services/operations.ts'
import { Button } from '../parts/basics.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ChoiceField, FormProblem, Segments, TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { call, type MintedToken } from '../state/api.ts'
import { status, streams } from '../state/streams.ts'

interface Props {
  /** What is chosen at first. */
  readonly type: TokenType
  onMinted(tokens: readonly MintedToken[]): void
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

const TYPES = [
  ['play', 'Play'],
  ['publish', 'Publish'],
] as const

export function MintDialog({ type, onMinted, onClose }: Props) {
  const draft = useSignal<Draft>({ ...BLANK, type, app: status.value?.apps[0] ?? 'LiveApp' })
  const form = useForm(async () => onMinted(await call('createTokens', orderOf(draft.value))))
  const field = (name: keyof Draft) => ({
    value: draft.value[name],
    onValue: (value: string) => {
      draft.value = { ...draft.value, [name]: value }
    },
  })
  const apps = status.value?.apps ?? []
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
          <ChoiceField label="App" choices={apps.map((app) => [app, app] as const)} {...field('app')} />
        </div>
        <div class="pair">
          <TextField label="How many tokens" numeric required {...field('count')} />
          <TextField label="Uses of each" required help="A number, or unlimited." {...field('uses')} />
        </div>
        <TextField
          label="Expires"
          placeholder="As the settings say"
          help="A span such as 90s, 15m, 24h or 7d, a moment such as 2027-01-31T20:00:00Z, or never."
          {...field('expire')}
        />
        <details>
          <summary>More options</summary>
          <div class="dialog-body">
            <div class="pair">
              <TextField label="Not before" placeholder="At once" help="A span or a moment." {...field('notBefore')} />
              <TextField label="Longest session" placeholder="No limit" help="Such as 2h." {...field('maxSession')} />
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
        <FormProblem text={form.problem} />
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
    count: whole('How many tokens', text('count')),
    uses: uses === 'unlimited' ? null : whole('Uses of each', uses || '1'),
    ...(text('expire') && { expireDate: named('Expires', () => parseMoment(text('expire'), now)) }),
    ...(text('notBefore') && { notBefore: named('Not before', () => parseMoment(text('notBefore'), now)) }),
    ...(text('maxSession') && { maxSession: named('Longest session', () => parseDuration(text('maxSession'))) }),
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
