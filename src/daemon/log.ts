import { Chalk } from 'chalk'
import type { Log } from '../services/log.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof LEVELS)[number]

export interface LogOptions {
  readonly format: 'pretty' | 'json'
  readonly colour: boolean
  /** The least level that is written; `info` by default. */
  readonly level?: Level
  /** Takes one line, with its line end. */
  write(line: string): void
}

/** A log of one line an event, for people or for machines. */
export function createLog({ format, colour, level = 'info', write }: LogOptions): Log {
  const chalk = new Chalk({ level: colour ? 1 : 0 })
  const paint = { debug: chalk.gray, info: chalk.cyan, warn: chalk.yellow, error: chalk.red }

  function emit(at: Level, fields: object, text: string): void {
    if (LEVELS.indexOf(at) < LEVELS.indexOf(level)) return
    const time = new Date().toISOString()
    if (format === 'json') write(`${JSON.stringify({ time, level: at, text, ...fields })}\n`)
    else write(`${chalk.dim(time.slice(11, 19))} ${paint[at](at.padEnd(5))} ${text}${chalk.dim(pairs(fields))}\n`)
  }

  return {
    debug: (fields, text) => emit('debug', fields, text),
    info: (fields, text) => emit('info', fields, text),
    warn: (fields, text) => emit('warn', fields, text),
    error: (fields, text) => emit('error', fields, text),
  }
}

/** ` key=value …`; whatever holds more than plain characters is quoted, so that no client can forge a line. */
function pairs(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ` ${key}=${/^[\w.:/@-]+$/.test(String(value)) ? value : JSON.stringify(value)}`)
    .join('')
}
