import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Account } from './account.tsx'
import { Icon, type IconName, Mark } from './parts/icon.tsx'
import { connection } from './state/live.ts'
import { hrefOf, type ViewName, view } from './state/route.ts'
import { session } from './state/session.ts'
import { status, streams } from './state/streams.ts'

const GROUPS: readonly (readonly [title: string, views: readonly (readonly [ViewName, string])[]])[] = [
  [
    'Live',
    [
      ['streams', 'Streams'],
      ['sessions', 'Sessions'],
      ['recordings', 'Recordings'],
    ],
  ],
  [
    'Access',
    [
      ['tokens', 'Tokens'],
      ['audit', 'Audit'],
    ],
  ],
  [
    'Server',
    [
      ['settings', 'Settings'],
      ['keys', 'API keys'],
      ['users', 'Users'],
    ],
  ],
]

/** What stands around every view: where one is, who one is, and whether what is shown is true. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  const isOpen = useSignal(false)
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        Skip to content
      </button>
      <header class="side" data-open={isOpen.value}>
        <div class="brand">
          <Mark />
          <span>amsctl</span>
          <button
            type="button"
            class="menu-button"
            aria-expanded={isOpen.value}
            aria-controls="menu"
            onClick={() => {
              isOpen.value = !isOpen.value
            }}
          >
            <Icon name={isOpen.value ? 'close' : 'menu'} />
            <span class="hidden">Menu</span>
          </button>
        </div>
        <div class="side-body" id="menu">
          <Menu
            onChosen={() => {
              isOpen.value = false
            }}
          />
          <Account />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Connection />
        {children}
        <footer class="foot">amsctl {session.value?.version}</footer>
      </main>
    </div>
  )
}

function Menu({ onChosen }: { onChosen(): void }) {
  const counts: Partial<Record<ViewName, number | undefined>> = {
    streams: streams.value?.length,
    sessions: status.value?.sessions,
  }
  return (
    <nav aria-label="Panel">
      {GROUPS.map(([title, views]) => (
        <section key={title}>
          <h2>{title}</h2>
          <ul>
            {views.map(([name, text]) => (
              <li key={name}>
                <MenuLink name={name} text={text} count={counts[name] ?? 0} onChosen={onChosen} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

interface MenuLinkProps {
  readonly name: ViewName
  readonly text: string
  readonly count: number
  onChosen(): void
}

function MenuLink({ name, text, count, onChosen }: MenuLinkProps) {
  return (
    <a href={hrefOf(name)} onClick={onChosen} aria-current={view.value === name ? 'page' : undefined}>
      <Icon name={name satisfies IconName} />
      <span>{text}</span>
      {count > 0 && <span class="count">{count}</span>}
    </a>
  )
}

function Connection() {
  return (
    <div role="status">
      {connection.value === 'lost' && (
        <p class="banner">
          <span class="pulse" />
          The server cannot be reached. What you see may be old; reconnecting…
        </p>
      )}
    </div>
  )
}

/** The address names a view and so cannot name a place in it. */
function skip(): void {
  document.getElementById('content')?.focus()
}
