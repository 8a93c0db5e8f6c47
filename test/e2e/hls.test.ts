import { claimHlsPlayers } from '../support/hls-claims.ts'

claimHlsPlayers(4)
