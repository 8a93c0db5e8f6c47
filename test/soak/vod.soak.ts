import { describeWith } from '../support/programs.ts'
import { claimVideo, sharedLibrary } from '../support/vod-claims.ts'

describeWith(['ffmpeg'], 'a recording over HTTP', () => {
  /** Longer than servers and players keep a connection that nothing comes over. */
  claimVideo(sharedLibrary(), 75)
})
