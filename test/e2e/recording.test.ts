import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RecordingView } from '../../src/domain/recording.ts'
import { amsctl, type ServedDaemon, serve, sharedDaemon, temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { live, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'
import { durationOf, framesOf, keyFramesAreIndexed } from '../support/recordings.ts'
import { mustRunLine, runLine } from '../support/run-command.ts'
import { tinyDisk } from '../support/tiny-disk.ts'

const FRAME_RATE = 25

function listed(daemon: ServedDaemon): Promise<RecordingView[]> {
  return daemon.ask((operations) => operations.listRecordings())
}

/** Waits until so many seconds of `file` are on the disk. */
function written(daemon: ServedDaemon, file: string, seconds: number): Promise<RecordingView> {
  return eventually(async () =>
    (await listed(daemon)).find((recording) => recording.file === file && (recording.duration ?? 0) >= seconds),
  )
}

function ended(daemon: ServedDaemon, file: string): Promise<RecordingView> {
  return eventually(async () =>
    (await listed(daemon)).find((recording) => recording.file === file && recording.endedAt !== null),
  )
}

function pathOf(daemon: ServedDaemon, file: string): string {
  return join(daemon.dataDir, 'streams', 'LiveApp', file)
}

describeWith(['ffmpeg', 'ffprobe'], 'a recording', () => {
  const recorder = sharedDaemon({ args: ['--record'] })
  const choosy = sharedDaemon()

  it('is complete when its stream ends, indexed for players, and ours alone', async () => {
    const daemon = recorder()
    await publishing(`${daemon.rtmp}/LiveApp/cam`, 3).outcome
    const recording = await ended(daemon, 'cam.mp4')
    expect(recording).toMatchObject({ app: 'LiveApp', streamId: 'cam', recording: false })
    expect(recording.duration).toBeCloseTo(3, 1)
    const path = pathOf(daemon, 'cam.mp4')
    expect(await framesOf(path)).toEqual({ video: 3 * FRAME_RATE, audio: expect.any(Number) })
    expect(await durationOf(path)).toBeCloseTo(3, 0)
    expect(await keyFramesAreIndexed(path)).toBe(3)
    expect(recording.bytes).toBe((await stat(path)).size)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700)
  })

  it('plays after kill -9, and is completed at the next start', async () => {
    const daemon = await serve({ args: ['--record', 'on'] })
    publishing(`${daemon.rtmp}/LiveApp/cam`)
    const { duration } = await written(daemon, 'cam.mp4', 3)
    await daemon.stop('SIGKILL')
    const path = pathOf(daemon, 'cam.mp4')
    const { video } = await framesOf(path)
    expect(video).toBeGreaterThanOrEqual(Math.floor(duration ?? 0) * FRAME_RATE)
    await appendFile(path, (await readFile(path)).subarray(-2000, -1000))
    const next = await serve({ dataDir: daemon.dataDir })
    const completed = await ended(next, 'cam.mp4')
    expect(completed.duration).toBeCloseTo(video / FRAME_RATE, 1)
    expect(await framesOf(path)).toMatchObject({ video })
    expect(await keyFramesAreIndexed(path)).toBeGreaterThanOrEqual(3)
  })

  it('plays though its last fragment is torn anywhere', async () => {
    const daemon = recorder()
    await publishing(`${daemon.rtmp}/LiveApp/torn`, 3).outcome
    await ended(daemon, 'torn.mp4')
    const whole = await readFile(pathOf(daemon, 'torn.mp4'))
    const last = whole.lastIndexOf('moof') - 4
    for (const cut of [last + 4, last + 60, last + 1500, whole.length - 1]) {
      const torn = join(daemon.dataDir, 'torn.mp4')
      await writeFile(torn, whole.subarray(0, cut))
      expect((await framesOf(torn)).video, `cut at ${cut - last}`).toBeGreaterThanOrEqual(2 * FRAME_RATE)
    }
  })

  it('is numbered as AMS does, and of its stream whatever its name', async () => {
    const daemon = recorder()
    const rooms = async () => (await listed(daemon)).filter(({ file }) => file.startsWith('room'))
    for (const [index, streamId] of ['room', 'room', 'room_1'].entries()) {
      await publishing(`${daemon.rtmp}/LiveApp/${streamId}`, 1).outcome
      await eventually(async () => (await rooms()).filter(({ recording }) => !recording).length > index || undefined)
    }
    expect((await rooms()).map(({ file, streamId }) => [file, streamId])).toEqual([
      ['room.mp4', 'room'],
      ['room_1.mp4', 'room'],
      ['room_1_1.mp4', 'room_1'],
    ])
  })

  it('goes on in the next file when another publisher takes over', async () => {
    const daemon = recorder()
    const first = publishing(`${daemon.rtmp}/LiveApp/next`)
    await written(daemon, 'next.mp4', 1)
    first.child.kill('SIGKILL')
    await live(daemon, 'next', 'waiting')
    await publishing(`${daemon.rtmp}/LiveApp/next`, 2).outcome
    await ended(daemon, 'next.mp4')
    expect(await ended(daemon, 'next_1.mp4')).toMatchObject({ streamId: 'next' })
    expect(await framesOf(pathOf(daemon, 'next_1.mp4'))).toMatchObject({ video: 2 * FRAME_RATE })
  })

  it('is made of the streams that the setting names', async () => {
    const daemon = choosy()
    await daemon.set('record', 'cam-*')
    await Promise.all(['cam-1', 'other'].map((id) => publishing(`${daemon.rtmp}/LiveApp/${id}`, 1).outcome))
    await ended(daemon, 'cam-1.mp4')
    expect((await listed(daemon)).map(({ file }) => file)).toEqual(['cam-1.mp4'])
    expect((await daemon.run(['settings', 'set', 'record', 'a/b'])).code).toBe(2)
  })

  it('starts and stops by command on a stream that is live', async () => {
    const daemon = choosy()
    expect((await daemon.run(['stream', 'record', 'start', 'cam'])).code).toBe(3)
    publishing(`${daemon.rtmp}/LiveApp/cam`)
    expect(await live(daemon, 'cam')).toMatchObject({ recording: false })
    expect((await daemon.run(['stream', 'record', 'stop', 'cam'])).code).toBe(3)
    expect(await daemon.must(['stream', 'record', 'start', 'cam'])).toBe('cam.mp4')
    expect(await live(daemon, 'cam')).toMatchObject({ recording: true })
    const again = await daemon.run(['stream', 'record', 'start', 'cam'])
    expect([again.code, again.stderr]).toEqual([0, 'cam is being recorded already\n'])
    expect((await daemon.run(['vod', 'delete', 'cam.mp4'])).code).toBe(4)
    await written(daemon, 'cam.mp4', 1)
    expect(JSON.parse(await daemon.must(['stream', 'record', 'stop', 'cam', '--json']))).toEqual({
      app: 'LiveApp',
      streamId: 'cam',
      file: 'cam.mp4',
      recording: false,
      complete: true,
      already: false,
    })
    expect(await live(daemon, 'cam')).toMatchObject({ recording: false })
    expect((await ended(daemon, 'cam.mp4')).duration).toBeGreaterThanOrEqual(1)
    expect((await daemon.spawn(['stream', 'record', 'start', 'cam'])).stdout).toBe('cam_1.mp4\n')
  })

  it('is complete when the daemon is told to stop', async () => {
    const daemon = recorder()
    publishing(`${daemon.rtmp}/LiveApp/last`)
    await written(daemon, 'last.mp4', 2)
    expect(await daemon.stop()).toBe(0)
    expect(await keyFramesAreIndexed(pathOf(daemon, 'last.mp4'))).toBeGreaterThanOrEqual(2)
    const lines: RecordingView[] = JSON.parse(await daemon.must(['vod', 'list', '--json']))
    expect(lines.find(({ file }) => file === 'last.mp4')).toMatchObject({ endedAt: expect.any(String) })
  })
})

describe('vod list and delete', () => {
  it('work without a daemon, on files that were dropped in', async () => {
    const dataDir = await temporaryDirectory()
    const folder = join(dataDir, 'streams', 'LiveApp')
    await mkdir(folder, { recursive: true })
    for (const name of ['film.mp4', 'a b.mp4', 'notes.txt']) await writeFile(join(folder, name), 'x'.repeat(1234))
    expect(await mustRunLine(['vod', 'list'], dataDir)).toBe('film.mp4\tLiveApp\tfilm\t1234')
    expect(await mustRunLine(['vod', 'list', '-q'], dataDir)).toBe('film.mp4')
    expect(await mustRunLine(['vod', 'list', '--app', 'Other', '--json'], dataDir)).toBe('[]')
    const missing = await runLine(['vod', 'delete', 'film.mp4', 'nothing.mp4'], dataDir)
    expect([missing.code, missing.stdout]).toEqual([3, 'deleted film.mp4\n'])
    expect((await runLine(['vod', 'delete', '../film.mp4'], dataDir)).code).toBe(2)
    expect(await readdir(folder)).toEqual(['a b.mp4', 'notes.txt'])
    const { stdout, code } = await amsctl(['vod', 'delete', '-', '--json'], { dataDir, input: 'film.mp4\n' })
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ deleted: [], error: { code: 'RECORDING_NOT_FOUND' } })
  })

  it('obey --media-dir', async () => {
    const daemon = await serve()
    const elsewhere = join(daemon.dataDir, 'elsewhere')
    await mkdir(join(elsewhere, 'LiveApp'), { recursive: true })
    await writeFile(join(elsewhere, 'LiveApp', 'film.mp4'), 'x')
    await daemon.stop()
    expect(await daemon.must(['vod', 'list', '-q'])).toBe('')
    expect(await daemon.must(['vod', 'list', '-q', '--media-dir', elsewhere])).toBe('film.mp4')
    const next = await serve({ dataDir: daemon.dataDir, args: ['--media-dir', elsewhere] })
    expect(await next.must(['vod', 'list', '-q'])).toBe('film.mp4')
    expect((await fetch(`${next.http}/LiveApp/streams/film.mp4`)).status).toBe(200)
    const other = await next.run(['vod', 'delete', 'film.mp4', '--media-dir', join(daemon.dataDir, 'streams')])
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining(elsewhere)])
    expect(await next.must(['vod', 'delete', 'film.mp4', '--media-dir', elsewhere])).toBe('deleted film.mp4')
  })

  it('are kept by one process at a time, whatever its data directory', async () => {
    const daemon = await serve()
    const shared = join(daemon.dataDir, 'streams')
    const commands = [
      ['vod', 'list'],
      ['serve', '--rtmp-port', '0', '--http-port', '0'],
    ].map(async (command) =>
      daemon.spawn([...command, '--data-dir', await temporaryDirectory(), '--media-dir', shared]),
    )
    for (const { code, stderr } of await Promise.all(commands)) {
      expect([code, stderr]).toEqual([5, expect.stringContaining(`process ${daemon.child.pid} holds`)])
    }
  })
})

describeWith(['ffmpeg', 'ffprobe'], 'a full disk', () => {
  const isRoot = process.getuid?.() === 0
  if (!isRoot) process.stderr.write('SKIPPED: "a full disk" needs root, to mount one\n')

  it.skipIf(!isRoot)('stops the recording, not the stream nor the daemon', async () => {
    const disk = await tinyDisk('4m')
    const daemon = await serve({ args: ['--record', '--media-dir', disk] })
    publishing(`${daemon.rtmp}/LiveApp/cam`, 600, ['-vf', 'noise=alls=60:allf=t'])
    await eventually(() => daemon.log.includes('a recording has stopped') || undefined, 60_000)
    expect(daemon.log).toMatch(/ENOSPC|no space left/)
    expect(await live(daemon, 'cam')).toMatchObject({ recording: false, state: 'live' })
    const audit = await daemon.must(['audit', '--json'])
    expect(audit).toContain('"event":"record-fail"')
    expect((await framesOf(join(disk, 'LiveApp', 'cam.mp4'))).video).toBeGreaterThan(FRAME_RATE)
    const served = await fetch(`${daemon.http}/LiveApp/streams/cam.mp4`)
    expect((await served.arrayBuffer()).byteLength).toBe((await stat(join(disk, 'LiveApp', 'cam.mp4'))).size)
  })
})
