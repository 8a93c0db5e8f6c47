import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { hashSecret, tokenIdOf } from '../../src/domain/secret.ts'
import { newTokenSecret } from '../../src/services/identifiers.ts'
import { openStore } from '../../src/store/open.ts'
import { snapshotHead, snapshotLine } from '../../src/store/snapshot-line.ts'
import { SnapshotWriter } from '../../src/store/snapshot-writer.ts'
import { aToken } from './tokens.ts'

const now = () => Math.floor(Date.now() / 1000)

/** Makes `directory` a store of `size` good tokens for the streams `cam0` to `cam999`, without minting one by one. */
export async function writeLargeStore(directory: string, size: number): Promise<void> {
  await (await openStore(directory, { now })).close()
  const hashes = Array.from({ length: size }, () => hashSecret(newTokenSecret())).sort()
  const file = await open(join(directory, 'tokens.json'), 'w', 0o600)
  const writer = new SnapshotWriter(file, snapshotHead(0))
  const made = { expireDate: now() + 86_400, uses: null }
  for (const [number, hash] of hashes.entries()) {
    const streamId = `cam${number % 1000}`
    const createdAt = now() - (number % 3600)
    writer.add(snapshotLine(hash, aToken({ ...made, id: tokenIdOf(hash), hash, streamId, createdAt })))
    if (writer.isFull) await writer.drain()
  }
  await writer.end()
  await file.close()
}
