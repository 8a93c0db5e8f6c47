import { useSignal } from '@preact/signals'
import type { TokenType } from '../../../domain/token.ts'
import { Badge, Button } from '../parts/basics.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FormProblem, Switch, Tick } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { plural } from '../parts/format.ts'
import { call } from '../state/api.ts'
import { isAdmin } from '../state/session.ts'
import { changes, sessions } from '../state/streams.ts'
import { say } from '../state/toasts.ts'

const WORDS = {
  publish: {
    title: 'Token control for publishing',
    on: 'Only who brings a publish token may send a stream here.',
    off: 'Anybody who reaches this server may publish under any name.',
  },
  play: {
    title: 'Token control for playing',
    on: 'Only who brings a play token may watch, and each token opens one stream as often as it says.',
    off: 'Anybody who knows the name of a stream may watch it.',
  },
} as const

interface Props {
  readonly type: TokenType
  readonly on: boolean
}

export function TokenControl({ type, on }: Props) {
  const asked = useSignal<boolean | null>(null)
  const words = WORDS[type]
  return (
    <div class="setting setting-main">
      <div class="setting-words">
        <h2>
          {words.title} {on ? <Badge tone="good">on</Badge> : <Badge tone="warn">off</Badge>}
        </h2>
        <p>{on ? words.on : words.off}</p>
        <OpenOnes type={type} on={on} />
      </div>
      {isAdmin.value && (
        <Switch
          label={words.title}
          on={on}
          onValue={(next) => {
            asked.value = next
          }}
        />
      )}
      {asked.value !== null && (
        <Ask
          type={type}
          enable={asked.value}
          onClose={() => {
            asked.value = null
          }}
        />
      )}
    </div>
  )
}

function openOnes(type: TokenType): number {
  return sessions.value?.filter((session) => session.open && session.type === type).length ?? 0
}

function OpenOnes({ type, on }: Props) {
  const count = openOnes(type)
  if (!on || count === 0) return null
  return <p class="dim">{plural(count, 'connection')} let in before, without a token, still open.</p>
}

function Ask({ type, enable, onClose }: { readonly type: TokenType; readonly enable: boolean; onClose(): void }) {
  const kick = useSignal(false)
  const count = openOnes(type)
  const form = useForm(async () => {
    const report = await call('setTokenControl', { enable, types: [type], kick: enable && kick.value })
    changes.settings.value++
    const state = `Token control for ${type === 'publish' ? 'publishing' : 'playing'} is ${enable ? 'on' : 'off'}`
    const rest = enable && report.connections > 0 ? `; ${connectionsOf(report)}` : ''
    say(`${state}${rest}.`)
    onClose()
  })
  const words = WORDS[type]
  return (
    <Dialog title={`Turn ${enable ? 'on' : 'off'} ${words.title.toLowerCase()}?`} onClose={onClose}>
      <form class="dialog-body" onSubmit={form.submit}>
        <p class="dialog-text">{enable ? words.on : words.off}</p>
        {enable && (
          <p class="dialog-text">
            {count === 0
              ? 'Nobody is connected without a token now.'
              : `${plural(count, 'connection')} let in without a token ${count === 1 ? 'stays' : 'stay'} until ${count === 1 ? 'it ends' : 'they end'} by ${count === 1 ? 'itself' : 'themselves'}, unless you end ${count === 1 ? 'it' : 'them'} now.`}
          </p>
        )}
        {enable && count > 0 && (
          <Tick
            label={`End ${count === 1 ? 'that connection' : 'those connections'} now`}
            checked={kick.value}
            onValue={(value) => {
              kick.value = value
            }}
          />
        )}
        <FormProblem text={form.problem} />
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind={enable ? 'primary' : 'danger'} submit busy={form.busy}>
            {enable ? 'Turn on' : 'Turn off'}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

function connectionsOf({ connections, kicked }: { readonly connections: number; readonly kicked: boolean }): string {
  const counted = plural(connections, 'connection')
  return kicked ? `${counted} ended` : `${counted} let in before ${connections === 1 ? 'stays' : 'stay'}`
}
