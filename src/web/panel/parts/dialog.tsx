import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { address } from '../state/route.ts'
import { session } from '../state/session.ts'
import { Button } from './basics.tsx'
import { Icon } from './icon.tsx'
import { Toasts } from './toasts.tsx'

interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  readonly wide?: boolean
  /** Where something would be lost, neither Escape nor a press beside it closes it, and the page is not left unasked. */
  readonly keep?: boolean
  onClose(): void
}

/** What had the focus before the dialog, or the first of those that follow each other. */
let opener: HTMLElement | undefined

/** Modal while it is in the page; then the focus goes back to where it was. */
export function Dialog({ title, children, wide = false, keep = false, onClose }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    if (before instanceof HTMLElement && before !== document.body && !before.closest('dialog')) opener = before
    dialog?.showModal()
    if (keep) addEventListener('beforeunload', askBefore)
    dialog?.querySelector<HTMLElement>('[data-autofocus="true"]')?.focus()
    return () => {
      dialog?.close()
      if (keep) removeEventListener('beforeunload', askBefore)
      const back = opener?.isConnected ? opener : document.querySelector<HTMLElement>('main h1')
      back?.focus()
    }
  }, [])
  // Who marks text in a field may let go beside the dialog, and has not pressed there.
  const pressed = useRef<EventTarget | null>(null)
  const beside = (event: MouseEvent) => {
    if (event.target === ref.current && pressed.current === ref.current && !keep) onClose()
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same by onCancel
    <dialog
      ref={ref}
      class={wide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        if (!keep) onClose()
      }}
      onPointerDown={(event) => {
        pressed.current = event.target
      }}
      onClick={beside}
    >
      <div class="dialog-frame">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          {!keep && (
            <button type="button" class="copy" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
      {/* The others lie behind it, where nobody can see, hear or press them. */}
      <Toasts />
    </dialog>
  )
}

/** Has the browser ask whether to leave the page. */
function askBefore(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

interface Question {
  readonly title: string
  readonly text: string
  /** What the button says that does it. */
  readonly action: string
  answer(yes: boolean): void
}

const asked = signal<Question | null>(null)

/** Asks before something that cannot be undone. */
export function confirmed(question: Omit<Question, 'answer'>): Promise<boolean> {
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (yes) => {
        asked.value = null
        resolve(yes)
      },
    }
  })
}

/** Once in the page. */
export function Confirmation() {
  const question = asked.value
  const isLoggedIn = Boolean(session.value?.user)
  // Who is no longer there, or has gone back to another view, has not said yes.
  useLayoutEffect(() => asked.peek()?.answer(false), [isLoggedIn, address.value])
  if (!question) return null
  return (
    <Dialog title={question.title} onClose={() => question.answer(false)}>
      <p class="dialog-text">{question.text}</p>
      <footer class="dialog-foot">
        <Button onPress={() => question.answer(false)}>Cancel</Button>
        <Button kind="danger" onPress={() => question.answer(true)}>
          {question.action}
        </Button>
      </footer>
    </Dialog>
  )
}
