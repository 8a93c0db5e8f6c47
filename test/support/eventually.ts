import { setTimeout as sleep } from 'node:timers/promises'

/** A turn that takes longer counts as this long: the asking process stood still itself, as on a busy machine. */
const LONGEST_TURN = 1000

/** What is promised within a second or two, and what a busy machine takes, in milliseconds. */
export const PROMPT = 5000

/** Asks `question` until it answers, or fails after `within` milliseconds. Errors that it throws are final. */
export async function eventually<T>(
  question: () => Promise<T | undefined> | T | undefined,
  within = 40_000,
): Promise<T> {
  for (let left = within; ; ) {
    const turn = Date.now()
    const answer = await question()
    if (answer !== undefined) return answer
    if (left < 0) throw new Error(`not within ${within} ms: ${question}`)
    await sleep(20)
    left -= Math.min(Date.now() - turn, LONGEST_TURN)
  }
}
