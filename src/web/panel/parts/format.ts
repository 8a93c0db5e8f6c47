import { roughDuration } from '../../../domain/duration.ts'
import type { Seconds } from '../../../domain/units.ts'
import { now } from '../state/now.ts'

/** `1.4 Mbit/s`. */
export function bitrate(bits: number): string {
  if (bits >= 1_000_000) return `${(bits / 1_000_000).toFixed(1)} Mbit/s`
  return `${Math.round(bits / 1000)} kbit/s`
}

/** `12.4 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `1:02:03`. */
export function clock(span: Seconds): string {
  const whole = Math.max(0, Math.floor(span))
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, place) => String(part).padStart(place === 0 ? 1 : 2, '0')).join(':')
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** A moment as people here write it; of RFC 3339, or in milliseconds. */
export function moment(at: string | number): string {
  return day.format(new Date(at))
}

/** Without the day, where that is today. */
export function timeOfDay(at: string): string {
  const date = new Date(at)
  return date.toDateString() === new Date().toDateString() ? time.format(date) : day.format(date)
}

export function secondsSince(at: string): Seconds {
  return (now.value - Date.parse(at)) / 1000
}

/** `3d4h ago`. */
export function ago(at: string): string {
  const span = secondsSince(at)
  return span < 5 ? 'just now' : `${roughDuration(span)} ago`
}

/** `in 59m30s`, or how long that is past. */
export function until(at: Seconds): string {
  const span = at - now.value / 1000
  return span >= 0 ? `in ${roughDuration(span)}` : `${roughDuration(-span)} ago`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
