import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import SettingsSet from '../../src/commands/settings/set.ts'
import StoreBackup from '../../src/commands/store/backup.ts'
import TokenCreate from '../../src/commands/token/create.ts'
import TokenRedeem from '../../src/commands/token/redeem.ts'
import { noteSecrets } from '../support/leaks.ts'
import { runCommand } from '../support/run-command.ts'
import { tinyDisk } from '../support/tiny-disk.ts'

const isRoot = process.getuid?.() === 0
if (!isRoot) process.stderr.write('SKIPPED: a full disk needs root, to mount one\n')

const CAM = ['--stream', 'cam', '--type', 'play']
const noRoom = { exit: 5, stdout: '', stderr: expect.stringMatching(/^error: cannot .*no space left on device/) }

describe.skipIf(!isRoot)('a full disk, without a daemon', () => {
  it('makes commands that write exit 5, having changed nothing, and they work once there is room', async () => {
    const disk = await tinyDisk('256k')
    const [dataDir, ballast] = [join(disk, 'data'), join(disk, 'ballast')]
    const { stdout } = await runCommand(TokenCreate, [...CAM, '--data-dir', dataDir])
    const secret = stdout.trim()
    noteSecrets(secret)
    await writeFile(ballast, Buffer.alloc(1 << 18)).catch(() => undefined)
    const create = () => runCommand(TokenCreate, [...CAM, '--count', '50', '--data-dir', dataDir])
    expect([await create(), await create()]).toMatchObject([noRoom, noRoom])
    expect(await runCommand(SettingsSet, ['guess-limit', '7', '--data-dir', dataDir])).toMatchObject(noRoom)
    expect(await runCommand(StoreBackup, [join(disk, 'copy'), '--data-dir', dataDir])).toMatchObject(noRoom)
    const fresh = join(disk, 'fresh')
    expect(await runCommand(TokenCreate, [...CAM, '--data-dir', fresh])).toMatchObject(noRoom)
    expect((await readdir(disk)).sort()).toEqual(['ballast', 'data', 'fresh'])

    await rm(ballast)
    const redeem = () => runCommand(TokenRedeem, [secret, ...CAM, '--data-dir', dataDir])
    expect([(await redeem()).exit, (await redeem()).exit]).toEqual([0, 4])
    expect(await create()).toMatchObject({ exit: 0 })
    expect(await runCommand(TokenCreate, [...CAM, '--data-dir', fresh])).toMatchObject({ exit: 0 })
  })
})
