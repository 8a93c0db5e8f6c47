import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { say } from '../state/toasts.ts'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps {
  readonly children: ComponentChildren
  readonly icon?: IconName
  readonly kind?: 'primary' | 'danger' | 'plain' | 'quiet'
  readonly busy?: boolean
  readonly disabled?: boolean
  readonly pressed?: boolean
  readonly label?: string
  readonly submit?: boolean
  onPress?(): void
}

/** `label` is for those who do not see which row it stands in. */
export function Button({ children, icon, kind = 'plain', busy = false, pressed, label, ...rest }: ButtonProps) {
  return (
    <button
      type={rest.submit ? 'submit' : 'button'}
      class={`button button-${kind}`}
      disabled={rest.disabled}
      aria-disabled={busy || undefined}
      aria-busy={busy}
      aria-pressed={pressed}
      aria-label={label}
      onClick={busy ? keep : rest.onPress}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}

/** Nothing, by a button that is at work and so keeps the focus. */
function keep(event: MouseEvent): void {
  event.preventDefault()
}

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'dim'

export function Badge({ tone = 'dim', children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge badge-${tone}`}>{children}</span>
}

export function ViewHead({
  title,
  lead,
  children,
}: {
  readonly title: string
  readonly lead: string
  readonly children?: ComponentChildren
}) {
  return (
    <header class="view-head">
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        <p>{lead}</p>
      </div>
      {children && <div class="actions">{children}</div>}
    </header>
  )
}

/** What to do where there is nothing yet: a command, a button, or both. */
export function Empty(props: {
  readonly icon: IconName
  readonly title: string
  readonly text: string
  readonly command?: string
  readonly children?: ComponentChildren
}) {
  return (
    <section class="empty">
      <span class="empty-icon">
        <Icon name={props.icon} />
      </span>
      <h2>{props.title}</h2>
      <p>{props.text}</p>
      {props.command !== undefined && <Command text={props.command} />}
      {props.children && <div class="actions">{props.children}</div>}
    </section>
  )
}

/** A line for a terminal, to be copied. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div class="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <code tabIndex={0}>{text}</code>
      <Copy text={text} what="command" />
    </div>
  )
}

export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [isDone, setDone] = useState(false)
  const copy = async () => {
    if (!(await copied(text))) return
    setDone(true)
    setTimeout(() => setDone(false), 2000)
  }
  return (
    <>
      <button
        type="button"
        class={isDone ? 'copy copy-done' : 'copy'}
        aria-label={`Copy ${what}`}
        title="Copy"
        onClick={() => void copy()}
      >
        <Icon name={isDone ? 'done' : 'copy'} />
      </button>
      {/* What changes within a button is told to nobody. */}
      <span class="hidden" role="status">
        {isDone ? `Copied: ${what}` : ''}
      </span>
    </>
  )
}

/** Puts `text` on the clipboard; where the browser does not let a page do that, says so. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Only pages of HTTPS and of this machine may use the clipboard directly.
    const isDone = copyBySelection(text)
    if (!isDone) say('This browser does not let the page copy; select the text instead.', 'failed')
    return isDone
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'hidden'
  const place = document.querySelector('dialog[open]') ?? document.body
  const before = document.activeElement
  place.append(area)
  area.select()
  const isDone = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus()
  return isDone
}

export function Loading() {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  )
}

export function Problem({ text, onRetry }: { readonly text: string; onRetry?(): void }) {
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <p>{text}</p>
      {onRetry && <Button onPress={onRetry}>Try again</Button>}
    </div>
  )
}
