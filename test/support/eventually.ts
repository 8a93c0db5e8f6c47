import { setTimeout as sleep } from 'node:timers/promises'

/** Asks `question` until it answers, or fails after `within` milliseconds. Errors that it throws are final. */
export async function eventually<T>(
  question: () => Promise<T | undefined> | T | undefined,
  within = 20_000,
): Promise<T> {
  const deadline = Date.now() + within
  for (;;) {
    const answer = await question()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${question}`)
    await sleep(20)
  }
}
