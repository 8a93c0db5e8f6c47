import { useSignal } from '@preact/signals'
import { wordsOf } from '../state/api.ts'

export interface Form {
  readonly busy: boolean
  readonly problem: string | null
  submit(event: SubmitEvent): void
}

/** A form that `send` sends; what goes wrong is told in `problem`, until it is sent again. */
export function useForm(send: () => Promise<unknown>): Form {
  const busy = useSignal(false)
  const problem = useSignal<string | null>(null)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (busy.value) return
    busy.value = true
    problem.value = null
    try {
      await send()
    } catch (error) {
      problem.value = wordsOf(error)
    } finally {
      busy.value = false
    }
  }
  return { busy: busy.value, problem: problem.value, submit: (event) => void submit(event) }
}
