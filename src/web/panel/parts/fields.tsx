import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  readonly help?: string | undefined
  readonly error?: string | null | undefined
}

interface InputProps extends FieldProps {
  readonly value: string
  readonly autocomplete?: string
  readonly required?: boolean
  readonly autofocus?: boolean
  onValue(value: string): void
}

interface TextProps extends InputProps {
  readonly type?: 'text' | 'search'
  readonly placeholder?: string
  readonly max?: number
  readonly mono?: boolean
  readonly numeric?: boolean
  readonly suggestions?: readonly string[] | undefined
}

/** One line of text with its label, help and error. */
export function TextField({ label, help, error, suggestions = [], ...input }: TextProps) {
  const id = useId()
  return (
    <Framed id={id} label={label} help={help} error={error}>
      <input
        {...commonOf(id, { ...input, label, help, error })}
        type={input.type ?? 'text'}
        class={input.mono ? 'mono' : ''}
        placeholder={input.placeholder ?? ''}
        maxLength={input.max ?? 1024}
        inputMode={input.numeric ? 'numeric' : 'text'}
        list={`${id}-list`}
      />
      <datalist id={`${id}-list`}>
        {suggestions.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </Framed>
  )
}

export function PasswordField({ label, help, error, ...input }: InputProps) {
  const id = useId()
  return (
    <Framed id={id} label={label} help={help} error={error}>
      <input {...commonOf(id, { ...input, label, help, error })} type="password" maxLength={1024} />
    </Framed>
  )
}

function commonOf(id: string, { help, error, ...input }: InputProps) {
  return {
    id,
    value: input.value,
    required: input.required ?? false,
    autocomplete: input.autocomplete ?? 'off',
    autocapitalize: 'none',
    spellcheck: false,
    'data-autofocus': input.autofocus ?? false,
    'aria-invalid': Boolean(error),
    'aria-describedby': describedBy(id, help, error),
    onInput: (event: InputEvent & { readonly currentTarget: HTMLInputElement }) =>
      input.onValue(event.currentTarget.value),
  } as const
}

interface ChoiceProps extends FieldProps {
  readonly value: string
  readonly choices: readonly (readonly [value: string, text: string])[]
  readonly disabled?: boolean
  onValue(value: string): void
}

export function ChoiceField({ label, help, error, value, choices, disabled, onValue }: ChoiceProps) {
  const id = useId()
  return (
    <Framed id={id} label={label} help={help} error={error}>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-describedby={describedBy(id, help, error)}
        onChange={(event) => onValue(event.currentTarget.value)}
      >
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </Framed>
  )
}

/** One of a few, all in sight. */
export function Segments({ label, help, value, choices, onValue }: ChoiceProps) {
  const name = useId()
  return (
    <fieldset class="segments">
      <legend>{label}</legend>
      <div>
        {choices.map(([choice, text]) => (
          <label key={choice}>
            <input
              type="radio"
              name={name}
              value={choice}
              checked={choice === value}
              onChange={() => onValue(choice)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
      {help && <p class="help">{help}</p>}
    </fieldset>
  )
}

export function Tick(props: { readonly label: string; readonly checked: boolean; onValue(checked: boolean): void }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={props.checked} onChange={(event) => props.onValue(event.currentTarget.checked)} />
      <span>{props.label}</span>
    </label>
  )
}

interface SwitchProps {
  readonly label: string
  readonly on: boolean
  readonly disabled?: boolean
  readonly busy?: boolean
  onValue(on: boolean): void
}

export function Switch({ label, on, disabled = false, busy = false, onValue }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={on}
      aria-label={label}
      aria-busy={busy}
      disabled={disabled || busy}
      onClick={() => onValue(!on)}
    >
      <span class="switch-thumb" />
    </button>
  )
}

interface FramedProps extends FieldProps {
  readonly id: string
  readonly children: ComponentChildren
}

function Framed({ id, label, help, error, children }: FramedProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  )
}

/** What is wrong with a form as a whole; brought into sight, for a form may be longer than the window. */
export function FormProblem({ text }: { readonly text: string | null }) {
  const ref = useRef<HTMLParagraphElement>(null)
  useEffect(() => ref.current?.scrollIntoView({ block: 'nearest' }), [text])
  if (text === null) return null
  return (
    <p ref={ref} class="error" role="alert">
      {text}
    </p>
  )
}

function describedBy(id: string, help: string | undefined, error: string | null | undefined): string | undefined {
  return [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
}
