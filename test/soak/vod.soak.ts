import { claimVideo } from '../support/vod-claims.ts'

/** Longer than servers and players keep a connection that nothing comes over. */
claimVideo(75)
