import type { ServedDaemon } from './amsctl.ts'
import { noteSecrets } from './leaks.ts'

/** Mints a token for `cam` as a script for Ant Media Server would; unlike the command line, also one long expired. */
export async function mintOverRest(
  daemon: ServedDaemon,
  type: 'publish' | 'play',
  expireDate: number,
): Promise<string> {
  const answer = await fetch(
    `${daemon.http}/LiveApp/rest/v2/broadcasts/cam/token?expireDate=${expireDate}&type=${type}`,
  )
  const body = await answer.text()
  noteSecrets(body)
  return (JSON.parse(body) as { tokenId: string }).tokenId
}
