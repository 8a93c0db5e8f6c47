import type { ComponentType } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Confirmation } from './parts/dialog.tsx'
import { Mark } from './parts/icon.tsx'
import { Toasts } from './parts/toasts.tsx'
import { Shell } from './shell.tsx'
import { keepFocus } from './state/focus.ts'
import { type ViewName, view } from './state/route.ts'
import { createdKey, forgetSecrets, mintedTokens } from './state/secrets.ts'
import { isUnreachable, session } from './state/session.ts'
import { Audit } from './views/audit.tsx'
import { FirstRun } from './views/first-run.tsx'
import { CreatedKey, Keys } from './views/keys.tsx'
import { Login } from './views/login.tsx'
import { MintedDialog } from './views/minted-dialog.tsx'
import { Recordings } from './views/recordings.tsx'
import { Sessions } from './views/sessions.tsx'
import { Settings } from './views/settings.tsx'
import { Streams } from './views/streams.tsx'
import { Tokens } from './views/tokens.tsx'
import { Users } from './views/users.tsx'

const SHOWN: Readonly<Record<ViewName, ComponentType>> = {
  streams: Streams,
  tokens: Tokens,
  sessions: Sessions,
  recordings: Recordings,
  audit: Audit,
  settings: Settings,
  keys: Keys,
  users: Users,
}

export function App() {
  return (
    <>
      <Inside />
      <Confirmation />
      <Secrets />
      <Toasts />
    </>
  )
}

function Inside() {
  const now = session.value
  if (now === null) return <Opening />
  if (now.user) return <Shown />
  return now.firstRun ? <FirstRun allowed={now.setupAllowed} /> : <Login />
}

/** Not of a view, for with the view they would be gone, and nobody can show them again. */
function Secrets() {
  const tokens = mintedTokens.value
  const key = createdKey.value
  return (
    <>
      {tokens.length > 0 && <MintedDialog tokens={tokens} onClose={forgetSecrets} />}
      {key !== null && <CreatedKey secret={key} onClose={forgetSecrets} />}
    </>
  )
}

/** Tells of a change of view as a page that was loaded does: by its title, and by the focus at its heading. */
function Shown() {
  const name = view.value
  const isFirst = useRef(true)
  useEffect(() => {
    const heading = document.querySelector<HTMLElement>('main h1')
    document.title = `${heading?.textContent ?? 'Panel'} · amsctl`
    if (!isFirst.current) heading?.focus()
    isFirst.current = false
    scrollTo(0, 0)
  }, [name])
  useEffect(keepFocus, [])
  const View = SHOWN[name]
  return (
    <Shell>
      <View key={name} />
    </Shell>
  )
}

function Opening() {
  return (
    <main class="gate">
      <Mark />
      <p role="status">{isUnreachable.value ? 'The server cannot be reached. Trying again…' : ''}</p>
    </main>
  )
}
