import { useMemo } from 'preact/hooks'
import { encode } from 'uqr'

/** Quiet zone around the code: ISO/IEC 18004, section 9.1. */
const BORDER = 4

/** `text` as a QR code, dark on white whatever the page's colours. */
export function Qr({ text }: { readonly text: string }) {
  const { path, size } = useMemo(() => drawn(text), [text])
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code" shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

function drawn(text: string): { readonly path: string; readonly size: number } {
  const { data, size } = encode(text, { border: BORDER, ecc: 'M' })
  const modules = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
  return { path: modules.join(''), size }
}
