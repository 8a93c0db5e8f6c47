import { claimHlsBrowsers } from '../support/hls-claims.ts'

claimHlsBrowsers(4)
