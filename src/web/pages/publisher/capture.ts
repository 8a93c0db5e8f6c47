import { signal } from '@preact/signals'
import type { Words } from '../player/ports.ts'

export type Picture = 'camera' | 'screen'
export type Quality = '360' | '720' | '1080'

/** Bits a second for H.264 in real time at 30 pictures a second. */
export const BITRATES: Readonly<Record<Quality, number>> = { '360': 900_000, '720': 2_500_000, '1080': 4_500_000 }

const STOPPED: Readonly<Record<Picture, Words>> = {
  camera: { title: 'The camera has stopped', detail: 'It was unplugged, or another program took it.' },
  screen: { title: 'The screen is shared no more', detail: 'Viewers see no picture until you share it again.' },
}
const SILENCED: Words = { title: 'The microphone has stopped', detail: 'Choose another one, or plug it in again.' }

/** Camera or screen, and microphone, as chosen. */
export class Capture {
  readonly picture = signal<Picture>('camera')
  readonly quality = signal<Quality>('720')
  readonly cameras = signal<readonly MediaDeviceInfo[]>([])
  readonly microphones = signal<readonly MediaDeviceInfo[]>([])
  readonly camera = signal('')
  /** Id of a device; empty: the usual one; `none`: no sound. */
  readonly microphone = signal('')
  readonly hushed = signal(false)
  readonly stream = signal<MediaStream | null>(null)
  readonly trouble = signal<Words | null>(null)
  readonly busy = signal(false)

  /** Opens what is chosen; the old goes on where that fails. */
  async open(): Promise<void> {
    this.busy.value = true
    try {
      const next = await this.#record()
      this.#let(this.stream.value)
      this.stream.value = next
      this.trouble.value = null
      for (const track of next.getAudioTracks()) track.enabled = !this.hushed.value
      for (const track of next.getTracks()) track.addEventListener('ended', () => this.#miss(next))
      await this.#list()
    } catch (error) {
      this.trouble.value = describe(error, this.picture.value)
    } finally {
      this.busy.value = false
    }
  }

  hush(on: boolean): void {
    this.hushed.value = on
    for (const track of this.stream.value?.getAudioTracks() ?? []) track.enabled = !on
  }

  async #record(): Promise<MediaStream> {
    const { mediaDevices } = navigator
    if (!mediaDevices) throw new DOMException('', 'SecurityError')
    const video = { height: { ideal: Number(this.quality.value) }, frameRate: { ideal: 30 } }
    const sound = this.microphone.value === 'none' ? false : device(this.microphone.value)
    if (this.picture.value === 'camera') {
      return mediaDevices.getUserMedia({ video: { ...video, ...device(this.camera.value) }, audio: sound })
    }
    const screen = await mediaDevices.getDisplayMedia({ video, audio: true })
    if (sound === false) return screen
    const voice = await mediaDevices.getUserMedia({ audio: sound }).catch(() => null)
    return new MediaStream([...screen.getVideoTracks(), ...(voice ?? screen).getAudioTracks()])
  }

  /** Names are known only once something has been allowed. */
  async #list(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices()
    const named = all.filter(({ deviceId }) => deviceId !== '')
    this.cameras.value = named.filter(({ kind }) => kind === 'videoinput')
    this.microphones.value = named.filter(({ kind }) => kind === 'audioinput')
  }

  /** A device was pulled out, or the browser was told to share the screen no more. */
  #miss(stream: MediaStream): void {
    if (this.stream.value !== stream) return
    const isBlind = stream.getVideoTracks().some(({ readyState }) => readyState === 'ended')
    this.trouble.value = isBlind ? STOPPED[this.picture.value] : SILENCED
  }

  #let(stream: MediaStream | null): void {
    for (const track of stream?.getTracks() ?? []) track.stop()
  }
}

function device(id: string): MediaTrackConstraints {
  return id === '' ? {} : { deviceId: { exact: id } }
}

function describe(error: unknown, picture: Picture): Words {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError') {
    const what = picture === 'screen' ? 'The screen was not shared' : 'The browser may not use the camera'
    return { title: what, detail: 'Allow it by the icon beside the address, and try again.' }
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return {
      title: 'No camera or microphone was found',
      detail: 'Plug one in, or choose below what there is: no sound, or the screen.',
    }
  }
  if (name === 'NotReadableError') {
    return { title: 'The camera is in use', detail: 'Close the program that has it, and try again.' }
  }
  if (name === 'SecurityError') {
    return { title: 'Not over this connection', detail: 'Browsers open cameras only over https or on localhost.' }
  }
  return { title: 'The camera cannot be opened', detail: name || String(error) }
}
