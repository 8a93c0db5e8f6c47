import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** A browser decodes without help of a GPU: many at a time on two cores show too few pictures to judge. */
const BROWSERS =
  /\/(e2e\/(hls-browser|pages|panel|panel-attacks|panel-tabs|webrtc-browser|webrtc-sound)|server\/whip\/browser)\.test\.ts$/
/** Files of daemons that play in real time: one that begins last would be waited for alone. */
const LONG = /\/e2e\//
/** Files that the other workers run while a browser runs. */
const BETWEEN = 18

/** The files of browsers apart from each other, long files before short ones. */
export class SpacedSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const browsers = sorted.filter(({ moduleId }) => BROWSERS.test(moduleId))
    const rest = sorted.filter(({ moduleId }) => !BROWSERS.test(moduleId))
    const others = [
      ...rest.filter(({ moduleId }) => LONG.test(moduleId)),
      ...rest.filter(({ moduleId }) => !LONG.test(moduleId)),
    ]
    return [
      ...browsers.flatMap((browser, index) => [browser, ...others.slice(index * BETWEEN, (index + 1) * BETWEEN)]),
      ...others.slice(browsers.length * BETWEEN),
    ]
  }
}
