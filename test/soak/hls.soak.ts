import { claimHlsBrowsers, claimHlsPlayers } from '../support/hls-claims.ts'

const SECONDS = Number(process.env.AMSCTL_SOAK_SECONDS ?? 25)

claimHlsPlayers(SECONDS)
claimHlsBrowsers(SECONDS)
