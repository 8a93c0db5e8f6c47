import { join } from 'node:path'
import { temporaryDirectory } from './amsctl.ts'
import { spawned } from './clients.ts'

/** A minute of 720p at 2.6 Mbit/s, for `ffmpeg -re -c copy`. */
export async function aFilm(): Promise<string> {
  const path = join(await temporaryDirectory(), 'film.flv')
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25', '-f', 'lavfi', '-i', 'sine=sample_rate=48000']
  const constant = ['-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-bufsize', '2500k']
  const rate = [...constant, '-x264-params', 'nal-hrd=cbr']
  const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-pix_fmt', 'yuv420p', ...rate, '-c:a', 'aac']
  await spawned('ffmpeg', ['-v', 'error', ...picture, '-t', '60', ...codecs, path]).outcome
  return path
}
