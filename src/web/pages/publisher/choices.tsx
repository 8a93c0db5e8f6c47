import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { Capture } from './capture.ts'

interface ChoicesProps {
  readonly capture: Capture
  readonly locked: boolean
  onChange(): void
}

/** What to broadcast, and how. */
export function Choices({ capture, locked, onChange }: ChoicesProps) {
  const select = <T extends string>(label: string, value: Signal<T>, options: ComponentChildren) => (
    <label class="choice">
      <span>{label}</span>
      <select
        value={value.value}
        disabled={locked}
        onChange={({ currentTarget }) => {
          value.value = currentTarget.value as T
          onChange()
        }}
      >
        {options}
      </select>
    </label>
  )
  return (
    <div class="choices">
      {select(
        'Picture',
        capture.picture,
        <>
          <option value="camera">Camera</option>
          {canShareScreen() && <option value="screen">Screen or window</option>}
        </>,
      )}
      {capture.picture.value === 'camera' &&
        select('Camera', capture.camera, <Devices usual="Usual camera" devices={capture.cameras.value} />)}
      {select(
        'Microphone',
        capture.microphone,
        <>
          <Devices usual="Usual microphone" devices={capture.microphones.value} />
          <option value="none">No sound</option>
        </>,
      )}
      {select(
        'Quality',
        capture.quality,
        <>
          <option value="360">360p, for weak networks</option>
          <option value="720">720p</option>
          <option value="1080">1080p</option>
        </>,
      )}
    </div>
  )
}

function Devices({ usual, devices }: { readonly usual: string; readonly devices: readonly MediaDeviceInfo[] }) {
  return (
    <>
      <option value="">{usual}</option>
      {devices
        .filter(({ deviceId }) => deviceId !== 'default')
        .map(({ deviceId, label }) => (
          <option key={deviceId} value={deviceId}>
            {label || deviceId}
          </option>
        ))}
    </>
  )
}

/** Phones cannot. */
function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function'
}
