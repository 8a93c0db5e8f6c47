import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'

const SECRETS = [
  /"tokenId":\s*"([0-9A-Za-z]{32})"/g,
  /^([0-9A-Za-z]{32})$/gm,
  /[?&]token=([0-9A-Za-z]{32})/g,
  /\b(amsctl_[0-9A-Za-z]{40})\b/g,
]

const minted = new Set<string>()
const chosen = new Set<string>()

/** The secrets of one test file are of no concern to the next. */
export function forgetMinted(): void {
  minted.clear()
}

/** Remembers every secret in what a program printed, so that {@link expectNoLeaks} looks for it. */
export function noteSecrets(output: string): void {
  for (const pattern of SECRETS) for (const [, secret] of output.matchAll(pattern)) if (secret) minted.add(secret)
}

/** Remembers one that no program has printed: a password, a cookie. */
export function noteSecret(secret: string): string {
  chosen.add(secret)
  return secret
}

/** Fails if any secret minted so far stands in a file below `directory` or in one of `logs`. */
export async function expectNoLeaks(directory: string, logs: readonly string[]): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    expect(leakedIn(await readFile(path, 'latin1')), `secrets in ${entry.name}`).toEqual([])
  }
  for (const log of logs) expect(leakedIn(log), 'secrets in a log').toEqual([])
}

function leakedIn(text: string): string[] {
  return [...chosen, ...minted].filter((secret) => text.includes(secret))
}
