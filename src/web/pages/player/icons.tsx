const PATHS = {
  play: 'M8 5.14v13.72a1 1 0 0 0 1.52.85l11.2-6.86a1 1 0 0 0 0-1.7L9.52 4.29A1 1 0 0 0 8 5.14z',
  stop: 'M7 5.5h10A1.5 1.5 0 0 1 18.5 7v10a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 17V7A1.5 1.5 0 0 1 7 5.5z',
  sound:
    'M4 9.5v5h3.5L12 18.7V5.3L7.5 9.5H4zm10.5-1.9v1.7a3 3 0 0 1 0 5.4v1.7a4.6 4.6 0 0 0 0-8.8zm0-3.3V6a6.2 6.2 0 0 1 0 12v1.7a7.9 7.9 0 0 0 0-15.4z',
  muted:
    'M4 9.5v5h3.5L12 18.7V5.3L7.5 9.5H4zm16.6.4-1.2-1.2-2.1 2.1-2.1-2.1L14 9.9l2.1 2.1-2.1 2.1 1.2 1.2 2.1-2.1 2.1 2.1 1.2-1.2-2.1-2.1 2.1-2.1z',
  full: 'M5 5h5v2H7v3H5V5zm9 0h5v5h-2V7h-3V5zM5 14h2v3h3v2H5v-5zm12 0h2v5h-5v-2h3v-3z',
  closed:
    'M12 2a5 5 0 0 0-5 5v3H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-8a2 2 0 0 0-2-2h-1V7a5 5 0 0 0-5-5zm-3 5a3 3 0 0 1 6 0v3H9V7zm3 7a1.6 1.6 0 0 1 .8 3v1.4h-1.6V17a1.6 1.6 0 0 1 .8-3z',
  microphone:
    'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zm-6 7.5a.9.9 0 0 1 1.8 0V11a4.2 4.2 0 0 0 8.4 0v-.5a.9.9 0 0 1 1.8 0v.5a6 6 0 0 1-5.1 5.9V20h-1.8v-3.1A6 6 0 0 1 6 11v-.5z',
} as const

export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="currentColor" />
    </svg>
  )
}
