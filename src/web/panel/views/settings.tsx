import { useSignal } from '@preact/signals'
import { Badge, Button, Loading, Problem, ViewHead } from '../parts/basics.tsx'
import { ChoiceField, Switch, TextField } from '../parts/fields.tsx'
import { useForm } from '../parts/form.ts'
import { call, type SettingView } from '../state/api.ts'
import { useFetched } from '../state/fetched.ts'
import { isAdmin } from '../state/session.ts'
import { changes } from '../state/streams.ts'
import { doing, say } from '../state/toasts.ts'
import { TokenControl } from './token-control.tsx'

const GROUPS: readonly (readonly [title: string, names: RegExp])[] = [
  ['Tokens', /^(?:default-expire|retention|guess-limit)$/],
  ['Links and pages', /^(?:public-url|embed-origins)$/],
  ['Connections', /^(?:.*-grace|session-.*|publisher-allowed-cidr)$/],
  ['Recording and delivery', /^(?:record|hls)$/],
  ['REST API and network', /^(?:rest-.*|trusted-proxies)$/],
  ['More', /(?:)/],
]

export function Settings() {
  const list = useFetched(() => call('showSettings'), changes.settings)
  const value = (name: string) => list.value?.find((setting) => setting.name === name)?.value
  return (
    <>
      <ViewHead title="Settings" lead="They take effect at once, and are kept." />
      {list.problem !== null && <Problem text={list.problem} onRetry={list.reload} />}
      {list.value === null && list.problem === null && <Loading />}
      {list.value && (
        <>
          <section class="card group" aria-label="Token control">
            <TokenControl type="publish" on={value('token-control-publish') === 'on'} />
            <TokenControl type="play" on={value('token-control-play') === 'on'} />
          </section>
          {grouped(list.value).map(([title, settings]) => (
            <section key={title} class="card group" aria-label={title}>
              <h2 class="group-title">{title}</h2>
              {settings.map((setting) => (
                <Setting key={setting.name} setting={setting} />
              ))}
            </section>
          ))}
        </>
      )}
    </>
  )
}

/** Every setting in the first group that takes it; token control has switches of its own. */
function grouped(settings: readonly SettingView[]): (readonly [title: string, settings: readonly SettingView[]])[] {
  const groupOf = ({ name }: SettingView) => GROUPS.find(([, names]) => names.test(name))?.[0]
  const others = settings.filter(({ name }) => !name.startsWith('token-control-'))
  return GROUPS.map(([title]) => [title, others.filter((setting) => groupOf(setting) === title)] as const).filter(
    ([, members]) => members.length > 0,
  )
}

function Setting({ setting }: { readonly setting: SettingView }) {
  const { name, help, value } = setting
  return (
    <div class="setting">
      <div class="setting-words">
        <h3>
          {name} {value !== setting.default && <Badge tone="info">changed</Badge>}
        </h3>
        <p>{sentence(help)}</p>
        <p class="dim">Default: {setting.default || 'empty'}</p>
      </div>
      {isAdmin.value ? <Editor key={value} setting={setting} /> : <code class="setting-value">{value || 'empty'}</code>}
    </div>
  )
}

/** As the legal values ask for it. */
function Editor({ setting }: { readonly setting: SettingView }) {
  const { name, value, legal } = setting
  const words = /^[\w-]+(?: or [\w-]+)+$/.test(legal) ? legal.split(' or ') : []
  const set = (text: string) => store(name, text)
  if (legal === 'on or off') {
    const turn = (on: boolean) => void doing(set(on ? 'on' : 'off'), () => `${name} is ${on ? 'on' : 'off'}.`)
    return <Switch label={name} on={value === 'on'} onValue={turn} />
  }
  if (words.length > 0) {
    const choices = words.map((word) => [word, word] as const)
    return (
      <div class="setting-editor">
        <ChoiceField
          label={`Value of ${name}`}
          value={value}
          choices={choices}
          onValue={(word) => void doing(set(word), () => `${name} is ${word}.`)}
        />
      </div>
    )
  }
  return <TextEditor setting={setting} />
}

function TextEditor({ setting: { name, value, legal } }: { readonly setting: SettingView }) {
  const text = useSignal(value)
  const form = useForm(async () => {
    const now = await store(name, text.value.trim())
    text.value = now.value
    say(now.value === '' ? `${name} is empty.` : `${name} is ${now.value}.`)
  })
  return (
    <form class="setting-editor" onSubmit={form.submit}>
      <TextField
        label={`Value of ${name}`}
        mono
        help={`Legal: ${legal}`}
        error={form.problem?.replace(/ \(legal: .*\)$/, '.')}
        value={text.value}
        onValue={(next) => {
          text.value = next
        }}
      />
      <Button submit busy={form.busy} disabled={text.value === value} label={`Save ${name}`}>
        Save
      </Button>
    </form>
  )
}

/** The event that tells of it comes a moment later. */
async function store(name: string, value: string): Promise<SettingView> {
  const now = await call('setSetting', { name, value })
  changes.settings.value++
  return now
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
