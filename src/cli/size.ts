const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

/** A size as people read it at a glance: `512 B`, `1.4 GB`. */
export function roughSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes === 0 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`
}
