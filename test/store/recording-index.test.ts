import { appendFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Recording } from '../../src/domain/recording.ts'
import { RecordingIndexFile } from '../../src/store/recording-index.ts'
import { temporaryDirectory } from '../support/amsctl.ts'

function aRecording(changes: Partial<Recording> = {}): Recording {
  return {
    app: 'LiveApp',
    file: 'cam.mp4',
    streamId: 'cam',
    startedAt: 1,
    endedAt: null,
    bytes: 0,
    duration: 0,
    ...changes,
  }
}

async function anIndex(directory: string): Promise<RecordingIndexFile> {
  const index = await RecordingIndexFile.open(directory)
  onTestFinished(() => index.close())
  return index
}

const linesOf = async (directory: string) => (await readFile(join(directory, 'index.ndjson'), 'utf8')).split('\n')

it('creates nothing until there is something to remember, and then for its owner only', async () => {
  const directory = join(await temporaryDirectory(), 'streams')
  const index = await anIndex(directory)
  await expect(stat(directory)).rejects.toThrow('ENOENT')
  await index.put(aRecording())
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  expect((await stat(join(directory, 'index.ndjson'))).mode & 0o777).toBe(0o600)
})

it('remembers the last that was said of each file', async () => {
  const directory = await temporaryDirectory()
  const index = await anIndex(directory)
  await index.put(aRecording())
  await index.put(aRecording({ app: 'Other', streamId: 'x' }))
  await index.put(aRecording({ endedAt: 9, bytes: 10, duration: 1.5 }))
  await index.put(aRecording({ file: 'cam_1.mp4' }))
  await index.remove('LiveApp', 'cam_1.mp4')
  const again = await anIndex(directory)
  expect(again.get('LiveApp', 'cam.mp4')).toMatchObject({ endedAt: 9, bytes: 10, duration: 1.5 })
  expect(again.get('Other', 'cam.mp4')).toMatchObject({ streamId: 'x' })
  expect(again.all()).toHaveLength(2)
})

it('has every one of a hundred that come at once', async () => {
  const directory = await temporaryDirectory()
  const index = await anIndex(directory)
  await Promise.all(Array.from({ length: 100 }, (_, number) => index.put(aRecording({ file: `cam_${number}.mp4` }))))
  expect((await anIndex(directory)).all()).toHaveLength(100)
})

it('passes over half a line that a crash left, and writes over it', async () => {
  const directory = await temporaryDirectory()
  await (await anIndex(directory)).put(aRecording())
  await appendFile(join(directory, 'index.ndjson'), '{"app":"LiveApp","file":"cam_1.mp4","str')
  const index = await anIndex(directory)
  expect(index.all()).toHaveLength(1)
  await index.put(aRecording({ file: 'cam_2.mp4' }))
  expect((await anIndex(directory)).all().map(({ file }) => file)).toEqual(['cam.mp4', 'cam_2.mp4'])
})

const WITHOUT_TIMES = '{"app":"LiveApp","file":"cam.mp4","streamId":"cam","startedAt":1,"endedAt":2}'
const WITH_WORDS = JSON.stringify({ ...aRecording(), startedAt: 'yesterday' })

it.each(['garbage', '{"app":"LiveApp","file":"cam.mp4"}', '{"app":1}', 'null', WITHOUT_TIMES, WITH_WORDS])(
  'refuses to guess where a whole line cannot be read: %s',
  async (line) => {
    const directory = await temporaryDirectory()
    await (await anIndex(directory)).put(aRecording())
    await appendFile(join(directory, 'index.ndjson'), `${line}\n`)
    await expect(RecordingIndexFile.open(directory)).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    await expect(RecordingIndexFile.open(directory)).rejects.toThrow('line 2')
  },
)

it('writes nothing once it is closed, for the file may be that of another process now', async () => {
  const directory = await temporaryDirectory()
  const index = await anIndex(directory)
  await index.put(aRecording())
  await index.close()
  const next = await anIndex(directory)
  await next.put(aRecording({ file: 'cam_1.mp4' }))
  await expect(index.put(aRecording({ endedAt: 5 }))).rejects.toMatchObject({ code: 'STORE_FAILED' })
  expect((await anIndex(directory)).all()).toEqual([aRecording(), aRecording({ file: 'cam_1.mp4' })])
})

it('drops lines that say nothing any more', async () => {
  const directory = await temporaryDirectory()
  const line = `${JSON.stringify(aRecording())}\n`
  await writeFile(join(directory, 'index.ndjson'), line.repeat(1002))
  const index = await anIndex(directory)
  expect(await linesOf(directory)).toHaveLength(2)
  await index.put(aRecording({ endedAt: 5 }))
  expect((await anIndex(directory)).all()).toEqual([aRecording({ endedAt: 5 })])
})
