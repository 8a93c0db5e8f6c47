import { clock } from '../parts/format.ts'

interface Point {
  /** In milliseconds. */
  readonly at: number
  readonly value: number
}

interface ChartProps {
  readonly name: string
  /** The newest value, as it is read. */
  readonly now: string
  readonly points: readonly Point[]
  /** Between two points the value is that of the first. */
  readonly stepped?: boolean
  describe(value: number): string
}

const WIDTH = 240
const HEIGHT = 48
/** Room for the line's own breadth. */
const EDGE = 2

/** A line over the time that the page has watched; from zero, so that its height tells something. */
export function Chart({ name, now, points, stepped = false, describe }: ChartProps) {
  const most = Math.max(0, ...points.map(({ value }) => value))
  const line = lineOf(points, most, stepped)
  const first = points[0]
  const span = first ? clock((Date.now() - first.at) / 1000) : '0:00'
  const least = Math.min(...points.map(({ value }) => value))
  return (
    <figure class="chart">
      <figcaption>
        <span>{name}</span>
        <strong>{now}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name} over the last ${span}: ${points.length > 0 ? `${describe(least)} to ${describe(most)}` : 'nothing yet'}`}
      >
        {points.length > 1 && <path class="chart-area" d={`${line} V${HEIGHT} H${EDGE} Z`} />}
        {points.length > 1 && <path class="chart-line" d={line} />}
      </svg>
      <p class="chart-scale">
        <span>{span} ago</span>
        <span>peak {describe(most)}</span>
      </p>
    </figure>
  )
}

function lineOf(points: readonly Point[], most: number, stepped: boolean): string {
  const begin = points[0]?.at ?? 0
  const span = Math.max(1, (points.at(-1)?.at ?? 0) - begin)
  return points
    .map(({ at, value }, place) => {
      const x = round(EDGE + ((at - begin) / span) * (WIDTH - 2 * EDGE))
      const y = round(HEIGHT - EDGE - (most === 0 ? 0 : value / most) * (HEIGHT - 2 * EDGE))
      if (place === 0) return `M${x} ${y}`
      return stepped ? `H${x} V${y}` : `L${x} ${y}`
    })
    .join(' ')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
