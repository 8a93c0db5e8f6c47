import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** A browser decodes without help of a GPU: two at a time on two cores show too few pictures to judge. */
const BROWSERS =
  /\/(e2e\/(hls-browser|pages|panel|panel-attacks|webrtc-browser|webrtc-sound)|server\/whip\/browser)\.test\.ts$/
/** Files that the other workers run while a browser runs, and a few more. */
const BETWEEN = 24

/** The files of browsers as far apart as one is long, the longest first. */
export class SpacedSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const browsers = sorted.filter(({ moduleId }) => BROWSERS.test(moduleId))
    const others = sorted.filter(({ moduleId }) => !BROWSERS.test(moduleId))
    return [
      ...browsers.flatMap((browser, index) => [browser, ...others.slice(index * BETWEEN, (index + 1) * BETWEEN)]),
      ...others.slice(browsers.length * BETWEEN),
    ]
  }
}
