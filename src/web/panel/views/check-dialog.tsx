import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { TokenType } from '../../../domain/token.ts'
import type { VerdictView } from '../../../services/operations.ts'
import { readPasted } from '../parts/address.ts'
import { Button } from '../parts/basics.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ChoiceField, FormProblem, Segments, TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { moment } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { call, type TokenView } from '../state/api.ts'
import { status, streams } from '../state/streams.ts'

const ID = /^tk_[0-9a-z]{12}$/
const AN_ID =
  'That is the id of a token, which opens nothing. Paste its secret, or a link; the audit tells what became of the id.'

const TYPES = [
  ['play', 'Play'],
  ['publish', 'Publish'],
] as const

/** Why somebody is refused: judges a token as the gate would, and spends nothing. */
export function CheckDialog({ onClose }: { onClose(): void }) {
  const draft = useSignal({ token: '', streamId: '', app: '', type: 'play', ip: '' })
  const verdict = useSignal<VerdictView | null>(null)
  const apps = status.value?.apps ?? []
  const app = draft.value.app || (apps[0] ?? '')
  const form = useForm(async () => {
    verdict.value = null
    const { streamId, type, ip } = draft.value
    const { token } = readPasted(draft.value.token)
    if (ID.test(token)) throw new Error(AN_ID)
    const question = { token, streamId: streamId.trim(), app, type: type as TokenType }
    verdict.value = await call('verifyToken', { ...question, ip: ip.trim() || null })
  })
  const field = (name: keyof typeof draft.value) => ({
    value: draft.value[name],
    onValue: (value: string) => {
      draft.value = { ...draft.value, [name]: value }
    },
  })
  const paste = (token: string) => {
    const { app, streamId, type } = readPasted(token)
    const { value } = draft
    draft.value = {
      ...value,
      token,
      app: app !== undefined && apps.includes(app) ? app : value.app,
      streamId: streamId ?? value.streamId,
      type: type ?? value.type,
    }
  }
  return (
    <Dialog title="Check a token" onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <p class="dialog-text">Says whether a token would be let in, and if not, why. Checking spends nothing.</p>
        <TextField
          label="Token"
          required
          autofocus
          mono
          help="The secret, or a link that it stands in, which tells the stream too."
          {...field('token')}
          onValue={paste}
        />
        <Segments label="For" choices={TYPES} {...field('type')} />
        <div class="pair">
          <TextField
            label="Stream"
            required
            max={128}
            suggestions={streams.value?.map(({ streamId }) => streamId)}
            {...field('streamId')}
          />
          <ChoiceField
            label="App"
            choices={apps.map((known) => [known, known] as const)}
            {...field('app')}
            value={app}
          />
        </div>
        <TextField label="From the address" placeholder="Any" {...field('ip')} />
        <FormProblem text={form.problem} />
        <div role="status">{verdict.value && <Verdict verdict={verdict.value} />}</div>
        <footer class="dialog-foot">
          <Button onPress={onClose}>Close</Button>
          <Button kind="primary" submit busy={form.busy}>
            Check
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

function Verdict({ verdict }: { readonly verdict: VerdictView }) {
  const ref = useRef<HTMLElement>(null)
  // On a phone it comes below what can be seen.
  useEffect(() => ref.current?.scrollIntoView({ block: 'nearest' }), [verdict])
  return (
    <section ref={ref} class={`verdict verdict-${verdict.valid ? 'good' : 'bad'}`}>
      <h3>
        <Icon name={verdict.valid ? 'done' : 'warning'} />
        {verdict.valid ? 'It would be let in' : 'It would be refused'}
      </h3>
      {!verdict.valid && (
        <p>
          {verdict.message} <code>{verdict.code}</code>
        </p>
      )}
      {verdict.token && <Facts token={verdict.token} />}
    </section>
  )
}

function Facts({ token }: { readonly token: TokenView }) {
  const facts: [string, string][] = [
    ['Id', token.id],
    ['State', token.state],
    ['Opens', `${token.app}/${token.streamId} to ${token.type}`],
    ['Uses left', token.usesLeft === null ? 'unlimited' : `${token.usesLeft} of ${token.uses}`],
    ['Expires', token.expireDate === null ? 'never' : moment(token.expireDate * 1000)],
  ]
  if (token.lastUse) facts.push(['Last used', `${moment(token.lastUse.at)} from ${token.lastUse.address}`])
  if (token.note !== null) facts.push(['Note', token.note])
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
